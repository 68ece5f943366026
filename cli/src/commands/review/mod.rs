//! x
use super::Context;
use crate::error::CliError;
use clap::Args;
#[derive(Args)]
pub(crate) struct Review {}
impl Review {
    pub(super) fn run(self, _: &mut Context) -> Result<(), CliError> {
        Ok(())
    }
}
