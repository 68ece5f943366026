//! The databases of the editor, `state.vscdb`: the global one and those of workspaces.
//!
//! Versions differ in what lies where, so both are read in the same way.

use lore_plugin_sdk::prelude::*;
use serde::{Deserialize, Serialize};

use crate::items::Items;
use crate::scan::Composers;

/// What is remembered of a database.
#[derive(Serialize, Deserialize, Default)]
pub struct State {
    composers: Composers,
    items: Items,
    /// The few rows were read in this reading.
    #[serde(skip)]
    has_read_items: bool,
}

impl State {
    pub(crate) fn begin(source: &Source) -> Result<Self, ParseError> {
        let has_composers = !source.columns("cursorDiskKV")?.is_empty();
        let is_ours = has_composers
            || !source.columns("ItemTable")?.is_empty() && Items::are_cursors(source)?;
        if is_ours { Ok(Self::default()) } else { Err(ParseError::NotMine) }
    }

    pub(crate) fn read(&mut self, source: &Source, out: &mut Output) -> Result<bool, ParseError> {
        if !self.has_read_items {
            // First, because only the first batch of a reading may say that all is to be read anew.
            if !source.columns("ItemTable")?.is_empty() {
                self.items.read(source, out)?;
            }
            self.has_read_items = true;
        }
        if source.columns("cursorDiskKV")?.is_empty() {
            return Ok(true);
        }
        self.composers.read(source, out)
    }
}
