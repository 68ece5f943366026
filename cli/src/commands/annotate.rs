//! `lore annotate`: puts a note on a session, or takes one off.

use std::io::Write as _;
use std::path::Path;

use clap::Args;
use lore_engine::api::SessionDetail;
use lore_engine::model::Annotation;
use lore_engine::sync::GitStore;

use super::current::current;
use super::sync::person;
use super::{Context, absolute, current_directory};
use crate::client::{Access, Client};
use crate::config::Config;
use crate::error::CliError;

/// Put a note on a session, or take one off
#[derive(Args)]
#[command(after_help = "Examples:
  lore annotate \"Ninety degrees was too hot\"       On the session that is being held here
  lore annotate \"Try this again\" -s 3fa81c02       On another one
  lore annotate --remove 7d21c0aa -s 3fa81c02      Take a note off; `lore show` has their ids")]
pub(crate) struct Annotate {
    /// The note
    #[arg(required_unless_present = "remove")]
    note: Option<String>,

    /// Id of the session, or its first digits, in place of the one that is being held here
    #[arg(short, long, value_name = "ID")]
    session: Option<String>,

    /// Take off the note with this id, or these first digits
    #[arg(long, value_name = "ID", conflicts_with = "note")]
    remove: Option<String>,
}

impl Annotate {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        let note = self.note.as_deref().map(str::trim);
        if note == Some("") {
            return Err(CliError::usage("the note is empty"));
        }
        let mut client = context.client(Access::Write)?;
        let detail = session(&mut client, self.session.as_deref())?;
        let (id, short) = (detail.session.id, detail.session.id.short());
        if let Some(note) = note {
            let store = GitStore::open(&current_directory()?, &context.home.git_config()).ok();
            let author = person(&Config::load(&context.home)?, store.as_ref());
            let note = client.annotate(id, note, author)?.short();
            return Ok(writeln!(context.output, "Put note {note} on {short}")?);
        }
        let annotation = find(&detail, &self.remove.unwrap_or_default())?;
        client.unannotate(id, annotation.id)?;
        Ok(writeln!(context.output, "Took note {} off {short}", annotation.short())?)
    }
}

/// The session that is named, or the one that is being held here.
fn session(client: &mut Client, prefix: Option<&str>) -> Result<SessionDetail, CliError> {
    if let Some(prefix) = prefix {
        return Ok(client.session(prefix)?);
    }
    current(client, &absolute(Path::new("."))?)?.ok_or_else(|| {
        let error = CliError::new("no session is being held here");
        error.with_hint("`--session ID` names one, `lore sessions` lists them")
    })
}

/// The one note of a session whose id begins with these digits.
fn find<'a>(detail: &'a SessionDetail, prefix: &str) -> Result<&'a Annotation, CliError> {
    let digits = prefix.trim().replace('-', "").to_lowercase();
    let begins_so = |note: &&Annotation| note.id.simple().to_string().starts_with(&digits);
    let mut found = detail.annotations.iter().filter(begins_so);
    let session = detail.session.id.short();
    let problem = match (found.next(), found.next()) {
        (Some(note), None) if !digits.is_empty() => return Ok(note),
        (Some(_), _) => format!("several notes on {session} have ids that begin with `{prefix}`"),
        (None, _) => format!("no note on {session} has an id that begins with `{prefix}`"),
    };
    Err(CliError::new(problem).with_hint(format!("`lore show {session}` has the ids of its notes")))
}
