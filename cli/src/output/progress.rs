//! A bar on standard error for work that takes longer than half a second.

use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use lore_engine::api::Progress;

use super::number::count;

const PATIENCE: Duration = Duration::from_millis(500);

/// Shows how far an import, a new index or a synchronisation is.
pub(crate) struct ProgressLine {
    what: &'static str,
    started: Instant,
    terminal: bool,
    bar: Option<ProgressBar>,
}

impl ProgressLine {
    /// Shows nothing yet; `what` is done, as in "Importing".
    pub(crate) fn new(what: &'static str) -> Self {
        let terminal = io::stderr().is_terminal();
        Self { what, started: Instant::now(), terminal, bar: None }
    }

    /// Shows where the work is.
    pub(crate) fn update(&mut self, progress: Progress) {
        if !self.terminal || self.started.elapsed() < PATIENCE {
            return;
        }
        if progress.total_bytes == 0 && progress.directories > 0 {
            let spinner = self.bar.get_or_insert_with(ProgressBar::new_spinner);
            let found = count(progress.total_sources, "source");
            let looked = count(progress.directories, "folder");
            spinner.set_message(format!("Looking: {looked}, {found} found"));
            return spinner.tick();
        }
        if let Some(spinner) = self.bar.take_if(|bar| bar.length().is_none()) {
            spinner.finish_and_clear();
        }
        let bar = self.bar.get_or_insert_with(|| {
            let template = match progress.total_bytes {
                0 => "{prefix} [{bar:30}] {pos}/{len} {wide_msg}",
                _ => "{prefix} [{bar:30}] {decimal_bytes}/{decimal_total_bytes} {wide_msg}",
            };
            let style = ProgressStyle::with_template(template);
            let bar = ProgressBar::new(0).with_prefix(self.what);
            // Never fails: the template is a constant.
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.set_style(style.progress_chars("=> "));
            bar
        });
        let mut message = count(progress.messages, "message");
        if progress.sessions > 0 {
            message = format!("{}, {message}", count(progress.sessions, "session"));
        }
        if progress.problems > 0 {
            message = format!("{message}, {}", count(progress.problems, "problem"));
        }
        let (done, total) = match progress.total_bytes {
            0 => (progress.sources, progress.total_sources),
            total => (progress.bytes, total),
        };
        bar.update(|state| {
            state.set_len(total);
            state.set_pos(done);
        });
        bar.set_message(message);
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
