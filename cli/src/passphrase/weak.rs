//! Tells whether a passphrase is easy to guess: by a few rules, not by an estimate of its entropy.
//!
//! Whoever has a copy of the store can try passphrases as long as he likes, so what everybody tries
//! first is warned about. A passphrase without a warning may be a bad one all the same.

use zeroize::Zeroizing;

/// What everybody tries first, also with something before or behind it, and with digits for letters.
const COMMON: [&str; 46] = [
    "abcabc",
    "access",
    "administrator",
    "batman",
    "baseball",
    "changeit",
    "changeme",
    "charlie",
    "computer",
    "correcthorsebatterystaple",
    "default",
    "dragon",
    "football",
    "freedom",
    "hunter",
    "iloveyou",
    "jennifer",
    "letmein",
    "login",
    "loremipsum",
    "master",
    "michael",
    "monkey",
    "mustang",
    "passphrase",
    "password",
    "passwort",
    "passwd",
    "pokemon",
    "princess",
    "qazwsx",
    "secret",
    "shadow",
    "starwars",
    "summer",
    "sunshine",
    "superman",
    "test",
    "testing",
    "trustno",
    "welcome",
    "whatever",
    "winter",
    "wordpass",
    "zaqxsw",
    "zxcvbn",
];

/// Rows of keys, and what is learnt by heart.
const ROWS: [&str; 6] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "qwertzuiopü",
    "asdfghjkl",
    "zxcvbnm",
];

/// Different characters that a passphrase should have.
const DIFFERENT: usize = 5;

/// Characters that should be left when what is known is taken away.
const LEFT: usize = 6;

/// Why the passphrase is easy to guess, if it is. `names` are those of what it is for.
pub(super) fn reason(passphrase: &str, names: &[&str]) -> Option<String> {
    let folded = Zeroizing::new(passphrase.to_lowercase());
    let characters = Zeroizing::new(folded.chars().collect::<Vec<char>>());
    let mut different = Zeroizing::new(characters.to_vec());
    different.sort_unstable();
    different.dedup();
    if different.len() < DIFFERENT {
        return Some(format!("it has only {} different characters", different.len()));
    }
    if is_repetition(&characters) {
        return Some("it repeats one short piece".to_owned());
    }
    if is_sequence(&characters) {
        return Some("it follows the alphabet, the digits or the keyboard".to_owned());
    }
    let letters = Zeroizing::new(letters(&folded));
    if COMMON.iter().any(|common| is_most_of(common, &letters, characters.len())) {
        return Some("it is one of the most common ones".to_owned());
    }
    let is_name = |name: &&&str| {
        let name = name.to_lowercase();
        let length = name.chars().count();
        length >= 4 && folded.contains(&name) && characters.len() < length + LEFT
    };
    names.iter().find(is_name).map(|name| format!("it is little more than the name `{name}`"))
}

/// Whether it is made of a piece of at most a third of it, again and again.
fn is_repetition(characters: &[char]) -> bool {
    (1..=characters.len() / 3).any(|length| {
        let shifted = characters.get(length..).unwrap_or_default();
        characters.iter().zip(shifted).all(|(one, other)| one == other)
    })
}

/// Whether most characters stand beside the one before in some row, or are the same.
fn is_sequence(characters: &[char]) -> bool {
    let follows = |pair: &&[char]| match pair {
        [one, other] => one == other || ROWS.iter().any(|row| are_neighbours(row, *one, *other)),
        _ => false,
    };
    let pairs = characters.len().saturating_sub(1);
    characters.windows(2).filter(follows).count() * 4 >= pairs * 3
}

fn are_neighbours(row: &str, one: char, other: char) -> bool {
    row.chars().zip(row.chars().skip(1)).any(|pair| pair == (one, other) || pair == (other, one))
}

/// Its letters, those that digits and signs stand for included.
fn letters(folded: &str) -> String {
    let letter = |sign: char| match sign {
        '0' => Some('o'),
        '1' | '!' => Some('i'),
        '3' => Some('e'),
        '4' | '@' => Some('a'),
        '5' | '$' => Some('s'),
        '7' => Some('t'),
        sign => sign.is_alphabetic().then_some(sign),
    };
    folded.chars().filter_map(letter).collect()
}

/// Whether little is left of so many characters without the common word.
fn is_most_of(common: &str, letters: &str, characters: usize) -> bool {
    letters.contains(common) && characters < common.len() + LEFT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_tries_is_told() {
        for (passphrase, because) in [
            ("aaaaaaaabbb", "different"),
            ("abcdeabcdeabcde", "repeats"),
            ("12345678", "follows"),
            ("qwertzuiop", "follows"),
            ("98765432x", "follows"),
            ("ABCDEFGHIJ", "follows"),
            ("Password1", "common"),
            ("P@ssw0rd!", "common"),
            ("letmein2024", "common"),
            ("correct horse battery staple", "common"),
            ("my-Kettle!1", "`kettle`"),
        ] {
            let reason = reason(passphrase, &["kettle"]).unwrap_or_default();
            assert!(reason.contains(because), "{passphrase}: {reason}");
            assert!(!reason.contains(passphrase), "{reason}");
        }
    }

    #[test]
    fn what_few_try_is_not() {
        for passphrase in [
            "violet anchor tumbles",
            "kettle violet anchor",
            "xK9$vq!mZ2",
            "a master of none, often better",
            "größere Ärgernisse",
        ] {
            assert_eq!(reason(passphrase, &["kettle", "of"]), None, "{passphrase}");
        }
    }
}
