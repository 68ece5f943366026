//! Machines of others, and what their people call themselves.

use lore_engine::model::{Machine, MachineId};
use serde::Serialize;

use super::plain::{fitting, one_line};

/// Columns of a name.
const WIDEST: usize = 30;

/// The machine that captured a session, in JSON.
#[derive(Serialize)]
pub(crate) struct MachineJson<'a> {
    machine_id: MachineId,
    machine: &'a str,
    person: Option<&'a str>,
}

impl<'a> From<&'a Machine> for MachineJson<'a> {
    fn from(machine: &'a Machine) -> Self {
        Self { machine_id: machine.id, machine: &machine.name, person: machine.person.as_deref() }
    }
}

/// The machine in a word or two, harmless for terminals: `ada@thinkpad`.
pub(crate) fn label(machine: &Machine) -> String {
    let part = |text: &str| fitting(&one_line(text), WIDEST).into_owned();
    match machine.person.as_deref().map(part).filter(|person| !person.is_empty()) {
        Some(person) => format!("{person}@{}", part(&machine.name)),
        None => part(&machine.name),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[track_caller]
    fn check(name: &str, person: Option<&str>, expected: &str) {
        let id = MachineId(Uuid::from_u128(7));
        let person = person.map(str::to_owned);
        assert_eq!(label(&Machine { id, name: name.to_owned(), person, stamp: 0 }), expected);
    }

    #[test]
    fn names_of_others_are_harmless() {
        check("thinkpad", Some("ada"), "ada@thinkpad");
        check("thinkpad", None, "thinkpad");
        check("think\u{1b}[2Jpad\n", Some("\u{1b}[31m"), "think␛[2Jpad");
        check(&"x".repeat(99), None, &format!("{}…", "x".repeat(29)));
    }
}
