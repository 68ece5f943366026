//! `lore daemon install` and `uninstall`: the daemon as a service of the system.

use std::io::Write as _;

use super::{Context, stop};
use crate::error::CliError;
use crate::program::program;
use crate::service::Service;

/// Makes the service, and starts it.
pub(super) fn install(context: &mut Context) -> Result<(), CliError> {
    let service = Service::possible(&context.home)?;
    if !service.is_installed() {
        // One that was started by hand would be in the service's way.
        stop::end(context)?;
    }
    service.install(&context.home, &program()?)?;
    let path = context.home.shorten(service.path());
    writeln!(context.output, "Installed the {} `{path}`.", service.kind())?;
    Ok(writeln!(context.output, "The daemon runs now, and after each login.")?)
}

/// Removes the service.
pub(super) fn uninstall(context: &mut Context) -> Result<(), CliError> {
    let service = Service::possible(&context.home)?;
    if !service.is_installed() {
        return context.output.note("No service is installed.");
    }
    let kind = service.kind();
    let path = context.home.shorten(service.path());
    let said = service.uninstall()?;
    writeln!(context.output, "Removed the {kind} `{path}`.")?;
    match said {
        Some(said) => context.output.note(&format!(
            "It could not be stopped ({said}): if the daemon still runs, `lore daemon stop` ends it."
        )),
        None => Ok(()),
    }
}
