//! Masks secrets in all that a message holds.

use super::{Kinds, Redactor};
use crate::model::{Block, Message};

impl Redactor {
    /// Masks the secrets in every string of a message; tells how many of each kind there were. What a
    /// call says twice, in its arguments and in the edits that were read from them, is counted once.
    pub fn mask_message(&self, message: &mut Message) -> Kinds {
        let mut found = Kinds::new();
        for text in message.directory.iter_mut().chain(&mut message.branch) {
            add(&mut found, self.mask_in_place(text));
        }
        for block in &mut message.content {
            let mut said = Kinds::new();
            if let Block::ToolUse(call) = block {
                said = self.mask_in_place(&mut call.input);
            }
            let mut rest = Kinds::new();
            block.visit_strings(&mut |text| add(&mut rest, self.mask_in_place(text)));
            for (kind, number) in rest {
                let number_said = said.entry(kind).or_default();
                *number_said = number.max(*number_said);
            }
            add(&mut found, said);
        }
        found
    }

    /// Masks the secrets of a text; tells how many of each kind there were.
    pub fn mask_in_place(&self, text: &mut String) -> Kinds {
        let masked = self.mask(text);
        let found = masked.found;
        if !found.is_empty() {
            *text = masked.text.into_owned();
        }
        found
    }
}

fn add(found: &mut Kinds, more: Kinds) {
    for (kind, number) in more {
        *found.entry(kind).or_default() += number;
    }
}
