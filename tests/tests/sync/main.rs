//! Sessions shared over git, between machines.

mod clock;
mod convergence;
mod cost;
mod global;
mod page;
mod passphrases;
mod places;
mod trouble;

use lore_tests::{Machine, Outcome, Remote};

/// Two machines with a clone each, Ada's and Bob's, and a store that both have the key of.
fn two() -> (Remote, Machine, Machine) {
    let origin = Remote::new();
    let [ada, bob] = [("Ada", "kettle"), ("Bob", "tea")].map(|(name, at)| {
        let mate = Machine::new(name, &origin, at);
        mate.set_up();
        mate
    });
    (origin, ada, bob)
}

/// All lines of what was said stand in the text, in this order.
#[track_caller]
fn says(outcome: &Outcome, words: &[&str]) {
    let text = format!("{}{}", outcome.stdout, outcome.stderr);
    let mut rest = text.as_str();
    for words in words {
        let Some(at) = rest.find(words) else { panic!("`{words}` is missing in\n{outcome}") };
        rest = &rest[at + words.len()..];
    }
}
