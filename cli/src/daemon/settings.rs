//! What the settings say that concerns the daemon.

use lore_engine::api::Places;

use crate::config::{Config, ConfigError};
use crate::home::Home;

/// As they were when they were last read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Settings {
    /// The tools whose sessions are captured.
    pub(super) enabled: Vec<String>,
    /// Where their files lie.
    pub(super) places: Places,
    /// Minutes without a message after which a session counts as ended.
    pub(super) idle_minutes: u64,
    /// Confidence that a link needs; nothing: sessions are not linked.
    pub(super) link_from: Option<f32>,
}

impl Settings {
    pub(super) fn load(home: &Home) -> Result<Self, ConfigError> {
        let config = Config::load(home)?;
        Ok(Self {
            enabled: config.watchers(),
            places: config.places(home),
            idle_minutes: config.session_idle_minutes(),
            link_from: config.auto_link().then(|| config.auto_link_threshold()),
        })
    }

    /// The same in milliseconds.
    pub(super) fn idle(&self) -> i64 {
        i64::try_from(self.idle_minutes.saturating_mul(60_000)).unwrap_or(i64::MAX)
    }
}
