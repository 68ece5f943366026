//! `lore sync setup`: makes a store, or joins one.

use std::io::{self, IsTerminal as _, Write as _};

use clap::Args;
use lore_engine::api::SyncScope;
use lore_engine::sync::{Manifest, SyncError};

use super::SyncOptions;
use super::shared::{GLOBAL_REMOTE, Loaded, Shared, global_remote, keep_keys, load_keys};
use crate::commands::Context;
use crate::config::{Config, Key, Setting};
use crate::error::CliError;
use crate::passphrase;
use crate::transport::Pushed;

/// How often a passphrase may be typed wrong.
const TRIES: u32 = 3;

/// Make the store of this repository, or join it
///
/// The first one to do it chooses the passphrase. Whoever joins is asked for it. It is never stored:
/// the key that it leads to is, on this machine.
#[derive(Args)]
#[command(after_help = "Examples:
  lore sync setup                      Ask for the passphrase
  lore sync --global setup             Ask for the private remote as well
  lore sync setup --passphrase-stdin   Take it from standard input")]
pub(super) struct Setup {
    /// Take the passphrase from the first line of standard input
    #[arg(long)]
    passphrase_stdin: bool,
}

impl Setup {
    pub(super) fn run(self, context: &mut Context, options: &SyncOptions) -> Result<(), CliError> {
        if options.global && global_remote(&context.home)?.is_none() {
            ask_remote(context)?;
        }
        let shared = Shared::open(context, options)?;
        shared.git.fetch()?;
        match shared.manifest()? {
            Some(manifest) => self.join(context, options, &manifest),
            None => self.create(context, options, &shared),
        }
    }

    fn create(
        &self,
        context: &mut Context,
        options: &SyncOptions,
        shared: &Shared,
    ) -> Result<(), CliError> {
        let (whose, team) = match shared.scope {
            SyncScope::Repository => ("this repository", "your team knows"),
            SyncScope::Everything => ("all your sessions", "you know"),
        };
        writeln!(context.output, "Setting up sync for {whose}.")?;
        writeln!(
            context.output,
            "Your reasoning history will be encrypted with a passphrase that only {team}."
        )?;
        context.output.flush()?;
        let name =
            shared.store.root().file_name().unwrap_or_default().to_string_lossy().into_owned();
        let source = options.source(self.passphrase_stdin);
        let passphrase = passphrase::new(context, source, &[&name])?;
        let config = Config::load(&context.home)?;
        let hide = Key::find("sync_hide_metadata").and_then(|key| config.get(key));
        let hide = matches!(hide, Some(Setting::Switch(true)));
        let (manifest, keys) = Manifest::create(&passphrase, hide);
        let commit = shared.store.found(&manifest)?;
        match shared.git.push(&commit, None)? {
            Pushed::Accepted => {}
            // Two did it at once: the second one joins.
            Pushed::Faster => {
                shared.git.fetch()?;
                let theirs = shared.manifest()?.ok_or(SyncError::NoStore)?;
                return match theirs.unlock(&passphrase) {
                    Ok(keys) => {
                        keep_keys(context, &keys)?;
                        welcome(
                            context,
                            options,
                            "Somebody else made the store at the same moment.",
                        )
                    }
                    Err(SyncError::WrongPassphrase) => self.join(context, options, &theirs),
                    Err(error) => Err(error.into()),
                };
            }
            Pushed::Refused(said) => {
                let remote = shared.git.remote();
                let error = CliError::new(format!("the remote `{remote}` refuses it: {said}"));
                return Err(error.with_hint("it must let you push to `refs/lore/sessions`"));
            }
        }
        keep_keys(context, &keys)?;
        shared.store.agree(shared.git.remote(), &commit)?;
        writeln!(
            context.output,
            "Store created. Run '{}' to push your sessions.",
            command(options)
        )?;
        Ok(())
    }

    fn join(
        &self,
        context: &mut Context,
        options: &SyncOptions,
        manifest: &Manifest,
    ) -> Result<(), CliError> {
        let known = load_keys(context, manifest.store(), options.quiet);
        if let Ok(Loaded { keys: Some((keys, kept)), .. }) = known
            && manifest.check(&keys).is_ok()
        {
            let kept = kept.name();
            writeln!(context.output, "Sync is set up already; the key is stored ({kept}).")?;
            return Ok(());
        }
        writeln!(context.output, "An existing Lore store was found on the remote.")?;
        context.output.flush()?;
        let source = options.source(self.passphrase_stdin);
        for rest in (0..TRIES).rev() {
            let passphrase = passphrase::known(context, source)?;
            match manifest.unlock(&passphrase) {
                Ok(keys) => {
                    keep_keys(context, &keys)?;
                    return welcome(context, options, "Passphrase verified.");
                }
                Err(SyncError::WrongPassphrase)
                    if rest > 0
                        && source == passphrase::Source::FileOrTerminal
                        && io::stdin().is_terminal() =>
                {
                    context.output.note("That is not the passphrase of the store.")?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

fn welcome(context: &mut Context, options: &SyncOptions, how: &str) -> Result<(), CliError> {
    let command = command(options);
    Ok(writeln!(context.output, "{how} Run '{command}' to fetch reasoning history.")?)
}

fn command(options: &SyncOptions) -> &'static str {
    if options.global { "lore sync --global" } else { "lore sync" }
}

fn ask_remote(context: &mut Context) -> Result<(), CliError> {
    let hint = "`lore config set sync_global_remote URL` sets it without a question";
    write!(context.output, "Git URL of a private repository: ")?;
    context.output.flush()?;
    let mut url = String::new();
    io::stdin().read_line(&mut url)?;
    if !io::stdin().is_terminal() {
        writeln!(context.output)?;
    }
    let url = url.trim().to_owned();
    if url.is_empty() {
        return Err(CliError::new("the store of all sessions needs a remote").with_hint(hint));
    }
    if let Some(key) = Key::find(GLOBAL_REMOTE) {
        Config::update(&context.home, |config| config.set(key, Some(Setting::Text(url))))?;
    }
    Ok(())
}
