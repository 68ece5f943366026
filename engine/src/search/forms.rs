//! English inflections: `error` also finds `errors`, `retry` finds `retried` and `retrying`.
//!
//! The index keeps words as they are written, so that what is quoted is found exactly. A plain word
//! of a query is looked up in its other regular forms as well. Forms that are no words do no harm:
//! nobody wrote them.

/// Shorter words have no forms.
const MIN_CHARS: usize = 3;

/// The other regular forms that `word`, in lower case, may have.
pub(super) fn forms(word: &str) -> Vec<String> {
    if word.len() < MIN_CHARS || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Vec::new();
    }
    let mut forms = Vec::new();
    for stem in stems(word) {
        inflect(&stem, &mut forms);
    }
    forms.sort_unstable();
    forms.dedup();
    forms.retain(|form| form != word);
    forms
}

/// The words of which `word` may be a form, itself included.
fn stems(word: &str) -> Vec<String> {
    let mut stems = vec![word.to_owned()];
    let mut add = |stem: String| {
        let has_vowel = stem.bytes().any(|byte| b"aeiouy".contains(&byte));
        if stem.len() >= MIN_CHARS && has_vowel {
            stems.push(stem);
        }
    };
    if let Some(stem) = word.strip_suffix("ies").or(word.strip_suffix("ied")) {
        add(format!("{stem}y"));
    } else if let Some(stem) = word.strip_suffix("es").filter(|stem| takes_es(stem)) {
        add(stem.to_owned());
        add(format!("{stem}e"));
    } else if let Some(stem) =
        word.strip_suffix('s').filter(|stem| !stem.ends_with(['s', 'u', 'i']))
    {
        add(stem.to_owned());
    } else if let Some(stem) = word.strip_suffix("ed").or(word.strip_suffix("ing")) {
        add(stem.to_owned());
        add(format!("{stem}e"));
        if let Some(single) = doubled(stem) {
            add(single.to_owned());
        }
    }
    stems
}

/// Appends the forms of `stem`.
fn inflect(stem: &str, forms: &mut Vec<String>) {
    forms.push(stem.to_owned());
    if let Some(start) = stem.strip_suffix('y').filter(|start| !start.ends_with(is_vowel)) {
        forms.extend([format!("{start}ies"), format!("{start}ied"), format!("{stem}ing")]);
        return;
    }
    forms.push(if takes_es(stem) { format!("{stem}es") } else { format!("{stem}s") });
    if let Some(start) = stem.strip_suffix('e') {
        forms.extend([format!("{start}ed"), format!("{start}ing")]);
        return;
    }
    forms.extend([format!("{stem}ed"), format!("{stem}ing")]);
    // `stop`, `commit`: the last consonant may be doubled.
    if let [.., before, last] = stem.as_bytes()
        && is_vowel(char::from(*before))
        && !is_vowel(char::from(*last))
        && !b"wxy".contains(last)
    {
        let last = char::from(*last);
        forms.extend([format!("{stem}{last}ed"), format!("{stem}{last}ing")]);
    }
}

/// Whether the plural adds `es`.
fn takes_es(stem: &str) -> bool {
    stem.ends_with(['s', 'x', 'z']) || stem.ends_with("ch") || stem.ends_with("sh")
}

fn is_vowel(character: char) -> bool {
    matches!(character, 'a' | 'e' | 'i' | 'o' | 'u')
}

/// `stem` without its last letter if that is a doubled consonant.
fn doubled(stem: &str) -> Option<&str> {
    match stem.as_bytes() {
        [.., before, last] if before == last && !is_vowel(char::from(*last)) => {
            stem.get(..stem.len() - 1)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_forms_find_each_other() {
        let families = [
            &["error", "errors"][..],
            &["crash", "crashes", "crashed", "crashing"],
            &["cache", "caches", "cached", "caching"],
            &["retry", "retries", "retried", "retrying"],
            &["stop", "stops", "stopped", "stopping"],
            &["commit", "commits", "committed", "committing"],
            &["use", "uses", "used", "using"],
            &["fix", "fixes", "fixed", "fixing"],
            &["call", "calls", "called", "calling"],
            &["process", "processes", "processed", "processing"],
            &["play", "plays", "played", "playing"],
        ];
        for family in families {
            for word in family {
                let forms = forms(word);
                for other in family.iter().filter(|other| *other != word) {
                    assert!(forms.iter().any(|form| form == other), "{word}: {other} in {forms:?}");
                }
                assert!(!forms.iter().any(|form| form == word), "{word} is no other form");
            }
        }
    }

    #[test]
    fn words_without_forms() {
        for word in ["", "id", "x1y", "été", "日本"] {
            assert_eq!(forms(word), Vec::<String>::new(), "{word}");
        }
        for (word, other) in [("string", "str"), ("status", "statu"), ("class", "clas")] {
            assert!(!forms(word).iter().any(|form| form == other), "{word} is no form of {other}");
        }
    }
}
