//! Which segments are merged.

use tantivy::SegmentMeta;
use tantivy::merge_policy::{MergeCandidate, MergePolicy};

/// So many segments of about the same size are merged.
const FAN: usize = 8;
/// Segments within this factor are of about the same size.
const FACTOR: u32 = 4;
/// Smaller segments are all of the same size.
const SMALL: u32 = 1000;
/// A segment is rewritten when more than one in so many of its documents is deleted.
const DELETED: u32 = 3;

/// Keeps segments few, for opening the index costs by the segment, and merges rare: a cold import
/// of a usual archive merges nothing.
#[derive(Debug)]
pub(super) struct FewSegments;

impl MergePolicy for FewSegments {
    fn compute_merge_candidates(&self, segments: &[SegmentMeta]) -> Vec<MergeCandidate> {
        let mut segments: Vec<&SegmentMeta> = segments.iter().collect();
        segments.sort_unstable_by_key(|segment| segment.num_docs());
        let mut candidates = Vec::new();
        let mut rest = segments.as_slice();
        while let Some(smallest) = rest.first() {
            let limit = smallest.num_docs().max(SMALL).saturating_mul(FACTOR);
            let same = rest.partition_point(|segment| segment.num_docs() <= limit);
            let (level, larger) = rest.split_at(same);
            rest = larger;
            if level.len() >= FAN {
                candidates.push(MergeCandidate(level.iter().map(|segment| segment.id()).collect()));
            } else {
                let thin = |segment: &&&SegmentMeta| {
                    segment.num_deleted_docs() > segment.max_doc() / DELETED
                };
                let thin = level.iter().filter(thin);
                candidates.extend(thin.map(|segment| MergeCandidate(vec![segment.id()])));
            }
        }
        candidates
    }
}
