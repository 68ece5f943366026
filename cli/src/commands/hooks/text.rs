//! What `lore hooks` says.

use std::io::Write as _;

use serde::Serialize;

use super::place::{Layout, Manager, Place};
use super::{Change, Context, Hook, State};
use crate::error::CliError;
use crate::output::json::PathJson;
use crate::output::table::Table;
use crate::output::{BAD, GOOD, HEADING};

#[derive(Serialize)]
pub(super) struct StatusJson<'a> {
    directory: PathJson<'a>,
    manager: Option<Manager>,
    shared: bool,
    hooks: Vec<HookJson>,
}

#[derive(Serialize)]
struct HookJson {
    hook: &'static str,
    state: State,
}

impl<'a> StatusJson<'a> {
    pub(super) fn new(place: &'a Place, states: &[(Hook, State)]) -> Self {
        let hooks =
            states.iter().map(|(hook, state)| HookJson { hook: hook.name(), state: *state });
        Self {
            directory: PathJson(&place.directory),
            manager: place.manager,
            shared: place.shared,
            hooks: hooks.collect(),
        }
    }
}

/// How it is with each hook.
pub(super) fn states(
    context: &mut Context,
    place: &Place,
    states: &[(Hook, State)],
) -> Result<(), CliError> {
    heading(context, place)?;
    for (hook, state) in states {
        let (style, text) = match state {
            State::Installed => (GOOD, "installed"),
            State::Chained => (GOOD, "installed, after another hook"),
            State::Outdated => {
                (BAD, "of another release: `lore hooks install` brings it up to date")
            }
            State::Other => (BAD, "another hook: `lore hooks install` adds Lore's to it"),
            State::NotInstalled => (BAD, "not installed"),
        };
        writeln!(context.output, "  {:<18}  {style}{text}{style:#}", hook.name())?;
    }
    Ok(())
}

/// What was done about each hook.
pub(super) fn changes(
    context: &mut Context,
    place: &Place,
    changes: &[(Hook, Change)],
) -> Result<(), CliError> {
    heading(context, place)?;
    let mut table = Table::<2>::new().indent(2);
    for (hook, change) in changes {
        let text = match change {
            Change::Installed => "installed".to_owned(),
            Change::Chained => "installed; the hook that was there runs first".to_owned(),
            Change::Replaced(backup) => {
                format!("installed; the hook that was there is `{}`", context.home.shorten(backup))
            }
            Change::Updated => "brought up to date".to_owned(),
            Change::Removed => "removed".to_owned(),
            Change::Restored => "removed; the hook that was there is back".to_owned(),
            Change::LeftAlone => "another's, left as it is".to_owned(),
            Change::Nothing => "nothing to do".to_owned(),
        };
        table.row([hook.name().to_owned(), text]);
    }
    Ok(table.write(&mut context.output)?)
}

/// What the person should know about where the hooks are.
pub(super) fn remarks(context: &mut Context, place: &Place) -> Result<(), CliError> {
    if place.shared {
        context.output.note("All repositories that use this directory run them.")?;
    }
    match place.manager {
        Some(Manager::Husky) => context.output.note(
            "husky runs these files, and they are usually committed; Lore's part calls the `lore` on \
             the PATH, and does nothing where there is none.",
        ),
        Some(Manager::Lefthook) => context.output.note(
            "lefthook writes over hooks: after `lefthook install`, run `lore hooks install` again.",
        ),
        None => Ok(()),
    }
}

fn heading(context: &mut Context, place: &Place) -> Result<(), CliError> {
    let directory = context.home.shorten(&place.directory);
    let manager = match (place.manager, place.layout) {
        (Some(Manager::Husky), _) | (None, Layout::Blocks) => ", which husky runs",
        (Some(Manager::Lefthook), _) => ", beside lefthook's",
        (None, Layout::Files) if place.shared => ", which all repositories share",
        (None, Layout::Files) => "",
    };
    Ok(writeln!(context.output, "{HEADING}Hooks in {directory}{HEADING:#}{manager}")?)
}
