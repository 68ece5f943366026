//! `lore link --repair`: moves links to where their commits went.

use std::io::Write as _;

use lore_engine::api::{MovedBy, MovedLink};
use lore_engine::model::SessionId;
use serde::Serialize;

use super::Manner;
use crate::client::Access;
use crate::commands::{Context, current_directory};
use crate::error::CliError;
use crate::output::plain::one_line;
use crate::output::{Format, short_commit};

#[derive(Serialize)]
struct RepairJson<'a> {
    dry_run: bool,
    moved: Vec<MovedJson<'a>>,
}

#[derive(Serialize)]
struct MovedJson<'a> {
    session_id: SessionId,
    from_sha: &'a str,
    to_sha: Option<&'a str>,
    subject: &'a str,
    by: Option<MovedBy>,
}

pub(super) fn run(context: &mut Context, manner: &Manner) -> Result<(), CliError> {
    let access = if manner.dry_run { Access::Read } else { Access::Write };
    let links = context.client(access)?.repair(&current_directory()?, manner.dry_run)?;
    if manner.format == Format::Json {
        let moved = links.iter().map(|link| MovedJson {
            session_id: link.session,
            from_sha: &link.from,
            to_sha: link.to.as_ref().map(|commit| commit.id.as_str()),
            subject: subject(link),
            by: link.by,
        });
        return context
            .output
            .json(&RepairJson { dry_run: manner.dry_run, moved: moved.collect() });
    }
    if links.is_empty() {
        return Ok(writeln!(context.output, "Nothing to repair: no linked commit was rewritten")?);
    }
    let moved = if manner.dry_run { "[dry-run] Would move" } else { "Moved" };
    for link in &links {
        let (session, from) = (link.session.short(), short_commit(&link.from));
        let subject = one_line(subject(link));
        match &link.to {
            Some(commit) => {
                let (to, why) = (short_commit(&commit.id), why(link.by));
                writeln!(context.output, "{moved} {session}: {from} -> {to} {subject}{why}")?;
            }
            None => writeln!(context.output, "Not found again {session}: {from} {subject}")?,
        }
    }
    Ok(())
}

/// What the commit says that the link is to, or was.
fn subject(link: &MovedLink) -> &str {
    link.to.as_ref().map_or(&link.subject, |commit| &commit.subject)
}

/// By what the commit was found.
fn why(by: Option<MovedBy>) -> &'static str {
    match by {
        Some(MovedBy::Rewrite) => " (told by git)",
        Some(MovedBy::Patch) => " (same patch)",
        Some(MovedBy::Content) => " (same lines)",
        None => "",
    }
}
