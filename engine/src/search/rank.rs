//! Ranks a few texts by words, without an index.
//!
//! A text has fields, of which the first counts most: a word in one of them outweighs any number of
//! it in those after. Within a field it is BM25. Words are those of [`super::words`], with their
//! other forms.

use std::collections::HashMap;

use tantivy::tokenizer::TokenStream as _;

use super::forms::forms;
use super::words::{Kind, Splitter};

/// How soon a word that stands there again no longer counts.
const SATURATION: f64 = 1.2;
/// How much a word in a short field counts more.
const LENGTH: f64 = 0.3;
/// How much a field outweighs the next one: enough, with the two above, to do so in nearly all cases.
const FIELD: f64 = 4.0;

/// The texts that have all words of the query, by their numbers, the best first; where none has, those
/// that have some. Nothing if there is no word in the query.
pub(crate) fn rank<const FIELDS: usize>(
    query: &str,
    texts: &[[&str; FIELDS]],
) -> Option<Vec<usize>> {
    let mut splitter = Splitter::default();
    let mut wanted: Vec<String> = words(&mut splitter, query);
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.is_empty() {
        return None;
    }
    // Which word of the query each form of it is.
    let mut known: HashMap<String, usize> = HashMap::new();
    for (number, word) in wanted.iter().enumerate() {
        known.insert(word.clone(), number);
    }
    for (number, word) in wanted.iter().enumerate() {
        for form in forms(word) {
            known.entry(form).or_insert(number);
        }
    }
    let texts: Vec<Counted<FIELDS>> = texts
        .iter()
        .map(|fields| Counted::new(&mut splitter, fields, &known, wanted.len()))
        .collect();
    let count = texts.len().max(1) as f64;
    let rarity: Vec<f64> = (0..wanted.len())
        .map(|word| {
            let having = texts.iter().filter(|text| text.has(word)).count() as f64;
            (1.0 + (count - having + 0.5) / (having + 0.5)).ln()
        })
        .collect();
    let averages: [f64; FIELDS] = std::array::from_fn(|field| {
        (texts.iter().map(|text| text.lengths[field]).sum::<usize>() as f64 / count).max(1.0)
    });
    let mut found: Vec<(usize, f64, usize)> = Vec::new();
    for (number, text) in texts.iter().enumerate() {
        let having = (0..wanted.len()).filter(|&word| text.has(word)).count();
        if having > 0 {
            found.push((number, text.score(&rarity, &averages), having));
        }
    }
    if found.iter().any(|(_, _, having)| *having == wanted.len()) {
        found.retain(|(_, _, having)| *having == wanted.len());
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    Some(found.into_iter().map(|(number, ..)| number).collect())
}

/// How often the words stand in the fields of a text.
struct Counted<const FIELDS: usize> {
    /// For each field, for each word.
    words: [Vec<usize>; FIELDS],
    /// Words of each field in all.
    lengths: [usize; FIELDS],
}

impl<const FIELDS: usize> Counted<FIELDS> {
    fn new(
        splitter: &mut Splitter,
        fields: &[&str; FIELDS],
        known: &HashMap<String, usize>,
        words: usize,
    ) -> Self {
        let mut counted =
            Self { words: std::array::from_fn(|_| vec![0; words]), lengths: [0; FIELDS] };
        for (field, text) in fields.iter().enumerate() {
            let mut words = splitter.words(text);
            while words.advance() {
                counted.lengths[field] += 1;
                if let Some(&word) = known.get(&words.token().text) {
                    counted.words[field][word] += 1;
                }
            }
        }
        counted
    }

    fn has(&self, word: usize) -> bool {
        self.words.iter().any(|words| words[word] > 0)
    }

    fn score(&self, rarity: &[f64], averages: &[f64; FIELDS]) -> f64 {
        let mut score = 0.0;
        for (field, words) in self.words.iter().enumerate() {
            let weight = FIELD.powi((FIELDS - field) as i32);
            let length = 1.0 - LENGTH + LENGTH * self.lengths[field] as f64 / averages[field];
            for (word, &count) in words.iter().enumerate() {
                let count = count as f64;
                score += weight * rarity[word] * count / (count + SATURATION * length);
            }
        }
        score
    }
}

/// The words of a query; a compound by its parts.
fn words(splitter: &mut Splitter, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut words = splitter.words(text);
    while words.advance() {
        if words.kind() != Kind::Whole {
            found.push(words.token().text.clone());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, texts: &[[&str; 3]], expected: &[usize]) {
        assert_eq!(rank(query, texts).as_deref(), Some(expected), "{query}");
    }

    #[test]
    fn the_first_field_counts_most() {
        let often = "kettle ".repeat(500);
        let texts =
            [["a", "b", &*often], ["a", "the kettle", "c"], ["kettle", "", ""], ["a", "b", "c"]];
        check("kettle", &texts, &[2, 1, 0]);
        check("Kettles", &texts, &[2, 1, 0]);
    }

    #[test]
    fn all_words_are_wanted_or_else_some() {
        let texts = [["boil", "", ""], ["boil water", "", ""], ["water", "", "boiled"]];
        check("boil water", &texts, &[1, 2]);
        check("boil tea", &texts, &[0, 1, 2]);
        check("tea", &texts, &[]);
        check("parseUrl", &[["parse_url", "", ""], ["url", "", ""]], &[0]);
    }

    #[test]
    fn rare_words_count_more() {
        let texts =
            [["x", "", "common"], ["x", "", "rare"], ["x", "", "common"], ["", "", "common"]];
        assert_eq!(rank("common rare", &texts).map(|found| found[0]), Some(1));
    }

    #[test]
    fn other_scripts_are_found() {
        check("日本語", &[["", "", "これは日本語です"], ["", "", "中文"]], &[0]);
    }

    #[test]
    fn a_query_without_words_is_none() {
        assert_eq!(rank(" -- ", &[["a", "", ""]]), None);
    }
}
