//! Whether a line is another one that was changed.

use std::collections::HashMap;

/// The share of pairs of neighbouring characters that similar lines have in common.
const SIMILAR: f32 = 0.5;

/// Whether two lines have about half of their text in common: by the Sørensen–Dice coefficient of
/// their pairs of neighbouring characters.
pub(crate) fn is_similar(one: &str, other: &str) -> bool {
    let mut pairs: HashMap<(char, char), i32> = HashMap::new();
    let mut count = 0;
    for pair in one.chars().zip(one.chars().skip(1)) {
        *pairs.entry(pair).or_default() += 1;
        count += 1;
    }
    let mut common = 0;
    for pair in other.chars().zip(other.chars().skip(1)) {
        count += 1;
        if let Some(left) = pairs.get_mut(&pair).filter(|left| **left > 0) {
            *left -= 1;
            common += 1;
        }
    }
    count > 0 && 2.0 * common as f32 / count as f32 >= SIMILAR
}
