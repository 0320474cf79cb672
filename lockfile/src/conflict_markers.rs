//! The markers that git leaves around lines that it cannot merge.

/// The offset of the first conflict marker.
pub(crate) fn first_marker(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("<<<<<<< ") {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// The texts of our side and of their side.
pub(crate) fn sides(text: &str) -> (String, String) {
    #[derive(Clone, Copy)]
    enum Within {
        Both,
        Ours,
        Base,
        Theirs,
    }
    let (mut ours, mut theirs) = (String::new(), String::new());
    let mut within = Within::Both;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end();
        within = match within {
            Within::Both if bare.starts_with("<<<<<<< ") => Within::Ours,
            Within::Ours if bare.starts_with("|||||||") => Within::Base,
            Within::Ours | Within::Base if bare == "=======" => Within::Theirs,
            Within::Theirs if bare.starts_with(">>>>>>>") => Within::Both,
            Within::Both => {
                ours.push_str(line);
                theirs.push_str(line);
                within
            }
            Within::Ours => {
                ours.push_str(line);
                within
            }
            Within::Theirs => {
                theirs.push_str(line);
                within
            }
            Within::Base => within,
        };
    }
    (ours, theirs)
}
