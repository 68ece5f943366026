//! Finds messages by the lines that their edits wrote.

use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, TERMINATED, Term};

use super::error::guarded;
use super::schema::{self, field, unpack};
use super::{Index, IndexError, Place};
use crate::model::SessionNumber;

/// The messages that wrote a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineFound {
    /// Session and index of each, at most as many as were asked for.
    pub messages: Vec<(SessionNumber, u32)>,
    /// How many there are, those that were replaced since perhaps included.
    pub count: u32,
}

impl Index {
    /// The messages whose edits wrote lines with these fingerprints, of each line at most `limit`;
    /// of a line that more wrote only how many.
    ///
    /// # Errors
    /// [`IndexError::Damaged`] if the index cannot be read.
    pub fn wrote(&self, fingerprints: &[u64], limit: u32) -> Result<Vec<LineFound>, IndexError> {
        guarded(&self.path, || {
            self.wrote_unguarded(fingerprints, limit)
                .map_err(|error| IndexError::new(&self.path, error))
        })
    }

    fn wrote_unguarded(&self, fingerprints: &[u64], limit: u32) -> tantivy::Result<Vec<LineFound>> {
        let searcher = self.reader.searcher();
        let mut found = vec![LineFound::default(); fingerprints.len()];
        for segment in searcher.segment_readers() {
            let lines = segment.inverted_index(field::LINE)?;
            let places = segment.fast_fields().u64(schema::PLACE)?.first_or_default_col(0);
            for (fingerprint, found) in fingerprints.iter().zip(&mut found) {
                let term = Term::from_field_u64(field::LINE, *fingerprint);
                let Some(info) = lines.get_term_info(&term)? else { continue };
                found.count = found.count.saturating_add(info.doc_freq);
                if found.count > limit {
                    found.messages.clear();
                    continue;
                }
                let mut postings =
                    lines.read_postings_from_terminfo(&info, IndexRecordOption::Basic)?;
                while postings.doc() != TERMINATED {
                    if !segment.is_deleted(postings.doc())
                        && let (session, Place::Message(index)) =
                            unpack(places.get_val(postings.doc()))
                    {
                        found.messages.push((session, index));
                    }
                    postings.advance();
                }
            }
        }
        Ok(found)
    }
}
