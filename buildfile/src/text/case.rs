//! Upper, lower and title case.

/// Whether Unicode counts the character as a letter (category L), which is `str.isalpha()`.
#[must_use]
pub fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphabetic();
    }
    // Alphabetic are letters, numbers such as Roman ones, and some marks. Identifiers begin with
    // letters and those numbers; letters whose compatibility form begins otherwise are missing.
    let compatibility = matches!(u32::from(c),
        0x37a | 0xe33 | 0xeb3 | 0xfc5e..=0xfc63 | 0xfdfa..=0xfdfb | 0xfe70 | 0xfe72 | 0xfe74
        | 0xfe76 | 0xfe78 | 0xfe7a | 0xfe7c | 0xfe7e | 0xff9e..=0xff9f);
    let begins_names = unicode_ident::is_xid_start(c) && !matches!(u32::from(c), 0x1885..=0x1886);
    c.is_alphabetic() && !c.is_numeric() && (begins_names || compatibility)
}

/// Whether the character is of upper, lower or title case.
#[must_use]
pub fn is_cased(c: char) -> bool {
    c.is_uppercase() || c.is_lowercase() || is_title(c)
}

/// Whether the character is of title case (category Lt).
fn is_title(c: char) -> bool {
    matches!(u32::from(c),
        0x1c5 | 0x1c8 | 0x1cb | 0x1f2 | 0x1f88..=0x1f8f | 0x1f98..=0x1f9f | 0x1fa8..=0x1faf
        | 0x1fbc | 0x1fcc | 0x1ffc)
}

/// `str.capitalize()`: the first character in title case, all others in lower case.
#[must_use]
pub fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => title_of(first) + &lower_each(text)[1..].concat(),
        None => String::new(),
    }
}

/// `str.title()`: what follows a cased character in lower case, all others in title case.
#[must_use]
pub fn title(text: &str) -> String {
    let lower = lower_each(text);
    let mut after_cased = false;
    let mut titled = String::with_capacity(text.len());
    for (c, lower) in text.chars().zip(lower) {
        match after_cased {
            true => titled.push_str(&lower),
            false => titled.push_str(&title_of(c)),
        }
        after_cased = is_cased(c);
    }
    titled
}

/// `str.casefold()`: what is the same in upper case becomes the same.
#[must_use]
pub fn casefold(text: &str) -> String {
    let fold = |c: char| match u32::from(c) {
        // The dotless i is no other letter, and Cherokee folds to its upper case.
        0x131 | 0x13a0..=0x13f5 => c.to_string(),
        0x13f8..=0x13fd | 0xab70..=0xabbf => c.to_uppercase().collect(),
        _ => c
            .to_uppercase()
            .flat_map(char::to_lowercase)
            .collect::<String>(),
    };
    text.chars().map(fold).collect()
}

/// `str.swapcase()`: upper case in lower, lower case in upper.
#[must_use]
pub fn swapcase(text: &str) -> String {
    let lower = lower_each(text);
    let swap = |(c, lower): (char, String)| match c {
        _ if c.is_uppercase() => lower,
        _ if c.is_lowercase() => c.to_uppercase().collect(),
        _ => c.to_string(),
    };
    text.chars().zip(lower).map(swap).collect()
}

/// Each character in lower case, as part of the whole text: a Greek sigma that ends a word has a
/// form of its own.
fn lower_each(text: &str) -> Vec<String> {
    let lowered = text.to_lowercase();
    let mut rest = lowered.chars();
    text.chars()
        .map(|c| rest.by_ref().take(c.to_lowercase().count()).collect())
        .collect()
}

/// One character in title case.
fn title_of(c: char) -> String {
    match u32::from(c) {
        0x1c4..=0x1cc | 0x1f1..=0x1f3 => {
            // The digraphs of Croatian: three cases in a row each.
            let first = match u32::from(c) {
                code @ 0x1f1..=0x1f3 => 0x1f1 + (code - 0x1f1) / 3 * 3,
                code => 0x1c4 + (code - 0x1c4) / 3 * 3,
            };
            char::from_u32(first + 1).into_iter().collect()
        }
        // Georgian has capitals, but titles are not written with them.
        0x10d0..=0x10fa | 0x10fd..=0x10ff => c.to_string(),
        0x149 => "ʼN".to_owned(),
        // Greek with iota below: the iota stays small or below.
        0x1f80..=0x1faf | 0x1fb3 | 0x1fbc | 0x1fc3 | 0x1fcc | 0x1ff3 | 0x1ffc => {
            match c.to_lowercase().next().map(u32::from) {
                Some(lower @ 0x1f80..=0x1faf) => char::from_u32(lower | 8).into_iter().collect(),
                Some(lower) => char::from_u32(lower + 9).into_iter().collect(),
                None => c.to_string(),
            }
        }
        0x1fb2 | 0x1fb4 | 0x1fc2 | 0x1fc4 | 0x1ff2 | 0x1ff4 | 0x1fb7 | 0x1fc7 | 0x1ff7 => {
            let upper: Vec<char> = c.to_uppercase().collect();
            let before = upper[..upper.len() - 1].iter().collect::<String>();
            before + "\u{345}"
        }
        _ => {
            let mut upper = c.to_uppercase();
            let first = upper.next().into_iter();
            first.chain(upper.flat_map(title_rest)).collect()
        }
    }
}

/// The later characters of what one character becomes in upper case.
fn title_rest(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase()
}
