//! What characters count as, and the form in which they are compared.

/// What a character counts as when a text is split into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Stands between words.
    Separator,
    /// Stands between blocks: no phrase reaches across it.
    Break,
    /// A lower-case letter, or one of a script without cases.
    Lower,
    /// An upper-case letter.
    Upper,
    /// A digit.
    Digit,
    /// An accent of the letter before it.
    Mark,
    /// Of a script that is written without spaces.
    Ideograph,
}

/// Stands between the blocks of a message.
pub(crate) const BREAK: char = '\u{1e}';

/// What `character` counts as.
pub(super) fn classify(character: char) -> Class {
    match character {
        BREAK => Class::Break,
        'a'..='z' => Class::Lower,
        'A'..='Z' => Class::Upper,
        '0'..='9' => Class::Digit,
        '\0'..='\x7f' => Class::Separator,
        '\u{300}'..='\u{36f}' => Class::Mark,
        _ if is_ideograph(character) => Class::Ideograph,
        _ if !character.is_alphanumeric() => Class::Separator,
        _ if character.is_uppercase() => Class::Upper,
        _ if character.is_numeric() => Class::Digit,
        _ => Class::Lower,
    }
}

/// Whether `character` belongs to Chinese, Japanese or Korean writing.
fn is_ideograph(character: char) -> bool {
    matches!(character,
        '\u{1100}'..='\u{11ff}' // Hangul letters
        | '\u{3005}'..='\u{3007}'
        | '\u{3041}'..='\u{3096}' // Hiragana
        | '\u{3099}'..='\u{309f}'
        | '\u{30a1}'..='\u{30fa}' // Katakana
        | '\u{30fc}'..='\u{30ff}'
        | '\u{3105}'..='\u{312f}' // Bopomofo
        | '\u{3131}'..='\u{318e}'
        | '\u{31a0}'..='\u{31bf}'
        | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' // Han
        | '\u{a960}'..='\u{a97c}'
        | '\u{ac00}'..='\u{d7fb}' // Hangul syllables
        | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ff9f}' // half-width Katakana
        | '\u{20000}'..='\u{3ffff}')
}

/// U+00C0 to U+017F without their accents; `_` where lower case is all there is to do.
const LATIN: &[u8; 192] = b"\
    aaaaaa_ceeeeiiii_nooooo_ouuuuy__\
    aaaaaa_ceeeeiiii_nooooo_ouuuuy_y\
    aaaaaaccccccccddddeeeeeeeeeegggg\
    gggghhhhiiiiiiiiii__jjkk_lllllll\
    lllnnnnnn___oooooo__rrrrrrssssss\
    ssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

/// Appends `character` in the form in which words are compared: lower case, Latin letters without
/// accents, full-width letters as plain ones.
pub(super) fn push_folded(character: char, folded: &mut String) {
    match character {
        '\0'..='\x7f' => folded.push(character.to_ascii_lowercase()),
        '\u{300}'..='\u{36f}' => {}
        'ß' => folded.push_str("ss"),
        '\u{c0}'..='\u{17f}' => match LATIN.get(character as usize - 0xc0) {
            Some(letter) if *letter != b'_' => folded.push(char::from(*letter)),
            _ => folded.extend(character.to_lowercase()),
        },
        '\u{ff01}'..='\u{ff5e}' => {
            let plain = char::from_u32(character as u32 - 0xfee0).unwrap_or(character);
            folded.push(plain.to_ascii_lowercase());
        }
        _ => folded.extend(character.to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_and_cases_are_folded() {
        let table = [
            ("Café", "cafe"),
            ("Cafe\u{301}", "cafe"),
            ("Größe", "grosse"),
            ("ÅNGSTRÖM", "angstrom"),
            ("Łódź", "lodz"),
            ("žluťoučký", "zlutoucky"),
            ("ſ", "s"),
            ("Æther", "æther"),
            ("ŒUVRE", "œuvre"),
            ("ĳ", "ĳ"),
            ("ÞÐ", "þð"),
            ("Привет", "привет"),
            ("ＡＢＣ１", "abc1"),
        ];
        for (text, folded) in table {
            let mut result = String::new();
            text.chars().for_each(|character| push_folded(character, &mut result));
            assert_eq!(result, folded, "{text}");
        }
    }
}
