//! Finds the known name that a misspelt one most likely stands for.

/// The candidate that is most likely meant by `word`, if any is near.
///
/// Upper and lower case are the same here, and so are `-` and `_`.
///
/// ```
/// let names = ["python_sources", "python_tests"];
/// assert_eq!(model::nearest("Pyton-Sources", names), Some("python_sources"));
/// assert_eq!(model::nearest("docker_image", names), None);
/// ```
#[must_use]
pub fn nearest<S: AsRef<str>>(word: &str, candidates: impl IntoIterator<Item = S>) -> Option<S> {
    let fold = |text: &str| text.to_lowercase().replace('-', "_");
    let folded = fold(word);
    candidates
        .into_iter()
        .map(|candidate| {
            let distance = strsim::damerau_levenshtein(&folded, &fold(candidate.as_ref()));
            (distance, candidate)
        })
        .filter(|(distance, candidate)| {
            let longest = word.len().max(candidate.as_ref().len());
            *distance <= (longest / 4).clamp(1, 4)
        })
        .min_by(|(a, first), (b, second)| {
            a.cmp(b).then_with(|| first.as_ref().cmp(second.as_ref()))
        })
        .map(|(_, candidate)| candidate)
}
