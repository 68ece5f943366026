//! Ranks what matches, and counts it.
//!
//! The score of a message is its BM25 score, times a factor for what it is, times a factor for its
//! age. No factor is above 1, so that most of what matches is passed over by its BM25 score alone.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::Arc;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::ColumnValues;
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use super::document::Weight;
use super::hit::Hit;
use super::schema::{self, unpack};
use crate::model::Timestamp;

/// The part of the score that age can take.
const AGE_SHARE: f32 = 0.25;
/// The age at which half of that part is taken, in milliseconds.
const HALF_AGE: f32 = 30.0 * 86_400_000.0;

/// How matches are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The best first.
    Relevance {
        /// The moment from which ages count.
        now: Timestamp,
    },
    /// The newest first.
    Newest,
}

/// Collects the first `limit` matches in `order`, and how many there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Best {
    pub(super) limit: usize,
    pub(super) order: Order,
}

/// The first matches.
#[derive(Default)]
pub(super) struct Matches {
    pub(super) total: u64,
    /// In order.
    pub(super) hits: Vec<Hit>,
}

/// A match; the greater one comes first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    score: Score,
    time: i64,
    place: u64,
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_score = self.score.total_cmp(&other.score);
        by_score.then(self.time.cmp(&other.time)).then(self.place.cmp(&other.place))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

impl Collector for Best {
    type Fruit = Matches;
    type Child = BestOfSegment;

    fn for_segment(
        &self,
        _segment: SegmentOrdinal,
        reader: &SegmentReader,
    ) -> tantivy::Result<BestOfSegment> {
        let columns = reader.fast_fields();
        Ok(BestOfSegment {
            limit: self.limit,
            order: self.order,
            places: columns.u64(schema::PLACE)?.first_or_default_col(0),
            times: columns.i64(schema::TIME)?.first_or_default_col(0),
            weights: columns.u64(schema::WEIGHT)?.first_or_default_col(0),
            total: 0,
            best: BinaryHeap::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        self.order != Order::Newest
    }

    fn merge_fruits(&self, segments: Vec<(u64, Vec<Candidate>)>) -> tantivy::Result<Matches> {
        let total = segments.iter().map(|(total, _)| total).sum();
        let mut best: Vec<Candidate> = segments.into_iter().flat_map(|(_, best)| best).collect();
        best.sort_unstable_by_key(|candidate| Reverse(*candidate));
        best.truncate(self.limit);
        let hits = best.into_iter().map(|candidate| {
            let (session, place) = unpack(candidate.place);
            Hit { session, place, score: candidate.score }
        });
        Ok(Matches { total, hits: hits.collect() })
    }
}

/// Collects the first matches of a segment.
pub(super) struct BestOfSegment {
    limit: usize,
    order: Order,
    places: Arc<dyn ColumnValues<u64>>,
    times: Arc<dyn ColumnValues<i64>>,
    weights: Arc<dyn ColumnValues<u64>>,
    total: u64,
    /// The last one on top.
    best: BinaryHeap<Reverse<Candidate>>,
}

impl SegmentCollector for BestOfSegment {
    type Fruit = (u64, Vec<Candidate>);

    fn collect(&mut self, document: DocId, score: Score) {
        self.total += 1;
        let full = self.best.len() >= self.limit;
        let last = self.best.peek().map(|last| last.0);
        // Factors only lower a score.
        if full && last.is_none_or(|last| self.order != Order::Newest && score < last.score) {
            return;
        }
        let time = self.times.get_val(document);
        let score = match self.order {
            Order::Relevance { now } => {
                let weight = Weight::factor(self.weights.get_val(document));
                score * weight * age_factor(now, time)
            }
            Order::Newest => 0.0,
        };
        let candidate = Candidate { score, time, place: self.places.get_val(document) };
        if !full {
            self.best.push(Reverse(candidate));
        } else if last.is_some_and(|last| candidate > last) {
            self.best.pop();
            self.best.push(Reverse(candidate));
        }
    }

    fn harvest(self) -> (u64, Vec<Candidate>) {
        (self.total, self.best.into_iter().map(|Reverse(candidate)| candidate).collect())
    }
}

/// Between 1 for what is new and `1 - AGE_SHARE` for what is very old.
fn age_factor(now: Timestamp, time: i64) -> f32 {
    let age = now.0.saturating_sub(time).max(0) as f32;
    1.0 - AGE_SHARE * age / (age + HALF_AGE)
}
