//! `lore mcp install` and `uninstall`: Lore in the settings of other tools.

use std::io::Write as _;

use clap::Args;
use clap::builder::PossibleValuesParser;
use serde::Serialize;

use super::Context;
use crate::commands::confirm::confirm;
use crate::error::CliError;
use crate::mcp_clients::catalogue::{CLIENTS, Client, Place};
use crate::mcp_clients::{self, Plan, State};
use crate::output::json::PathJson;
use crate::output::table::Table;
use crate::output::{Format, HEADING};

/// Tell other tools of Lore
///
/// Names Lore as an MCP server in the settings of the tools that are found on this machine, or of those
/// that are named. The change is shown first; everything else in the settings stays as it is.
#[derive(Args)]
#[command(after_help = "Examples:
  lore mcp install                     Ask for each tool that is found here
  lore mcp install claude-code codex   These
  lore mcp install --list              Which tools are found, and which know of Lore
  lore mcp install cursor --print      Show the change, and make none")]
pub(crate) struct Install {
    /// The tools; without any, those that are found here
    #[arg(value_name = "CLIENT", value_parser = names())]
    clients: Vec<String>,

    /// List the tools, and change nothing
    #[arg(long, conflicts_with_all = ["clients", "print", "yes"])]
    list: bool,

    /// Only show the changes
    #[arg(long)]
    print: bool,

    /// Make the changes without asking
    #[arg(short, long, conflicts_with = "print")]
    yes: bool,

    /// How to list
    #[arg(short, long, value_enum, default_value_t = Format::Text, requires = "list")]
    format: Format,
}

/// Take Lore away from other tools
///
/// Removes from the settings what `lore mcp install` put there. If nobody changed them since, they are
/// again what they were, to the byte.
#[derive(Args)]
#[command(after_help = "Examples:
  lore mcp uninstall                   Ask for each tool that knows of Lore
  lore mcp uninstall codex --yes       This one, without asking")]
pub(crate) struct Uninstall {
    /// The tools; without any, those that know of Lore
    #[arg(value_name = "CLIENT", value_parser = names())]
    clients: Vec<String>,

    /// Only show the changes
    #[arg(long)]
    print: bool,

    /// Make the changes without asking
    #[arg(short, long, conflicts_with = "print")]
    yes: bool,
}

#[derive(Serialize)]
struct ClientJson<'a> {
    name: &'a str,
    title: &'a str,
    found: bool,
    files: Vec<FileJson<'a>>,
}

#[derive(Serialize)]
struct FileJson<'a> {
    path: PathJson<'a>,
    state: Option<State>,
    error: Option<String>,
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(CLIENTS.iter().map(|client| client.name))
}

/// What is done about the settings.
#[derive(Clone, Copy)]
enum Way {
    Print,
    Ask,
    Go,
}

impl Way {
    fn of(print: bool, yes: bool) -> Self {
        match (print, yes) {
            (true, _) => Way::Print,
            (_, true) => Way::Go,
            _ => Way::Ask,
        }
    }
}

impl Install {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        if self.list {
            return list(context, self.format);
        }
        let targets = targets(context, &self.clients);
        if targets.is_empty() {
            let error = CliError::new("no tool is found here that can ask MCP servers");
            return Err(
                error.with_hint("name it: `lore mcp install --help` lists those Lore knows")
            );
        }
        let way = Way::of(self.print, self.yes);
        each(context, targets, |context, client, place| {
            let plan = mcp_clients::install(&context.home, client, place)?;
            let path = context.home.shorten(&place.file);
            match plan {
                Plan::Nothing => {
                    context.output.note(&format!("{}: `{path}` names Lore already.", client.title))
                }
                Plan::ByHand(text) => {
                    writeln!(
                        context.output,
                        "{HEADING}{}{HEADING:#}: add to `{path}`",
                        client.title
                    )?;
                    Ok(write!(context.output, "{text}")?)
                }
                change => make(context, client, change, way, &format!("Tell {}?", client.title)),
            }
        })
    }
}

impl Uninstall {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        let way = Way::of(self.print, self.yes);
        let names_them = !self.clients.is_empty();
        let targets = targets(context, &self.clients);
        each(context, targets, |context, client, place| {
            match mcp_clients::uninstall(&context.home, client, place)? {
                Plan::Change(change) => {
                    let question = format!("Take Lore away from {}?", client.title);
                    make(context, client, Plan::Change(change), way, &question)
                }
                _ if names_them => {
                    let path = context.home.shorten(&place.file);
                    context.output.note(&format!("{}: `{path}` does not name Lore.", client.title))
                }
                _ => Ok(()),
            }
        })
    }
}

/// Clients and their settings.
type Targets = Vec<(&'static Client, Place)>;

/// The clients that are named, or all that are found.
fn targets(context: &Context, named: &[String]) -> Targets {
    let is_named = |client: &&Client| named.iter().any(|name| name == client.name);
    let clients = CLIENTS.iter().filter(|client| named.is_empty() || is_named(client));
    let places = |client: &'static Client| {
        client.places(&context.home).into_iter().map(move |place| (client, place))
    };
    clients.flat_map(places).filter(|(_, place)| place.is_found || !named.is_empty()).collect()
}

/// Does something for each. One that fails does not keep the others from it.
fn each(
    context: &mut Context,
    mut targets: Targets,
    act: impl Fn(&mut Context, &'static Client, &Place) -> Result<(), CliError>,
) -> Result<(), CliError> {
    if targets.len() == 1 {
        let (client, place) = targets.remove(0);
        return act(context, client, &place);
    }
    let mut failed = Vec::new();
    for (client, place) in &targets {
        if let Err(error) = act(context, client, place) {
            context.output.note(&format!("{}: {}", client.title, error.text()))?;
            failed.push(client.name);
        }
    }
    match failed.is_empty() {
        true => Ok(()),
        false => Err(CliError::new(format!("settings were not changed: {}", failed.join(", ")))
            .with_hint("name one of them to see what helps")),
    }
}

/// Shows a change, and makes it if that is wanted.
fn make(
    context: &mut Context,
    client: &Client,
    plan: Plan,
    way: Way,
    question: &str,
) -> Result<(), CliError> {
    let Plan::Change(change) = plan else { return Ok(()) };
    let path = context.home.shorten(change.path());
    writeln!(context.output, "{HEADING}{}{HEADING:#}: `{path}`", client.title)?;
    change.show(&mut context.output)?;
    let goes_ahead = match way {
        Way::Print => false,
        Way::Ask => confirm(context, question)?,
        Way::Go => true,
    };
    match goes_ahead {
        true => mcp_clients::write(&context.home, change),
        false => Ok(()),
    }
}

/// Which clients there are, and which know of Lore.
fn list(context: &mut Context, format: Format) -> Result<(), CliError> {
    let state = |client, place: &Place| match place.is_found {
        true => mcp_clients::state(&context.home, client, place).map(Some),
        false => Ok(None),
    };
    let places: Vec<(&Client, Vec<Place>)> =
        CLIENTS.iter().map(|client| (client, client.places(&context.home))).collect();
    if format == Format::Json {
        let file = |client, place: &'_ Place| {
            let (state, error) = match state(client, place) {
                Ok(state) => (state, None),
                Err(error) => (None, Some(error.text())),
            };
            (state, error)
        };
        let clients = places.iter().map(|(client, places)| ClientJson {
            name: client.name,
            title: client.title,
            found: places.iter().any(|place| place.is_found),
            files: places
                .iter()
                .map(|place| {
                    let (state, error) = file(client, place);
                    FileJson { path: PathJson(&place.file), state, error }
                })
                .collect(),
        });
        let clients: Vec<ClientJson<'_>> = clients.collect();
        return context.output.json(&clients);
    }
    let mut table = Table::with_headings(["CLIENT", "LORE", "SETTINGS"]);
    for (client, places) in &places {
        for place in places {
            let word = match state(client, place) {
                Err(_) => "cannot be read",
                Ok(None) => "not found here",
                Ok(Some(State::Installed)) => "named",
                Ok(Some(State::Different)) => "named otherwise",
                Ok(Some(State::NotInstalled)) => "not named",
                Ok(Some(State::Unknown)) => "see `--print`",
            };
            let path = context.home.shorten(&place.file);
            table.row([client.name.to_owned(), word.to_owned(), path]);
        }
    }
    Ok(table.write(&mut context.output)?)
}
