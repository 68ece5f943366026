//! Runs of lines whose origin is still sought, and how a difference divides them.

use std::ops::Range;

use super::super::lines::Difference;

/// Lines of one version of the file, and which lines of the asked file they are. From 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Where they begin in this version.
    pub(super) start: u32,
    /// Where they begin in the file that was asked about.
    pub(super) wanted: u32,
    pub(super) length: u32,
}

impl Piece {
    pub(super) fn end(&self) -> u32 {
        self.start + self.length
    }

    /// The part of it within a range of this version.
    pub(super) fn within(&self, range: &Range<u32>) -> Option<Self> {
        let start = self.start.max(range.start);
        let end = self.end().min(range.end);
        (start < end).then(|| Self {
            start,
            wanted: self.wanted + (start - self.start),
            length: end - start,
        })
    }
}

/// Sorts pieces and joins those that continue each other.
pub(super) fn joined(mut pieces: Vec<Piece>) -> Vec<Piece> {
    pieces.sort_unstable_by_key(|piece| (piece.start, piece.wanted));
    pieces.dedup_by(|next, kept| {
        let continues = kept.end() == next.start && kept.wanted + kept.length == next.wanted;
        if continues {
            kept.length += next.length;
        }
        continues
    });
    pieces
}

/// What goes on to the older version, in its own lines, and what stays.
pub(super) struct Divided {
    pub(super) passed: Vec<Piece>,
    pub(super) kept: Vec<Piece>,
}

/// Divides pieces of the newer version by what differs from the older one.
pub(super) fn divide(pieces: Vec<Piece>, differences: &[Difference]) -> Divided {
    let mut divided = Divided { passed: Vec::new(), kept: Vec::new() };
    for piece in pieces {
        let first = differences.partition_point(|difference| difference.after.end <= piece.start);
        // Equal lines lie as far apart as the last difference before them left them.
        let mut equal = match first.checked_sub(1).and_then(|last| differences.get(last)) {
            Some(last) => (last.before.end, last.after.end),
            None => (0, 0),
        };
        let mut pass = |equal: (u32, u32), until: u32| {
            if let Some(part) = piece.within(&(equal.1..until)) {
                divided.passed.push(Piece { start: equal.0 + (part.start - equal.1), ..part });
            }
        };
        for difference in &differences[first..] {
            if difference.after.start >= piece.end() {
                break;
            }
            pass(equal, difference.after.start);
            divided.kept.extend(piece.within(&difference.after));
            equal = (difference.before.end, difference.after.end);
        }
        pass(equal, u32::MAX);
    }
    divided
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(start: u32, wanted: u32, length: u32) -> Piece {
        Piece { start, wanted, length }
    }

    #[test]
    fn lines_that_differ_stay_and_the_others_move() {
        // Two lines became one, later one was added, and in the end one is gone.
        let differences = [
            Difference { before: 2..4, after: 2..3 },
            Difference { before: 6..6, after: 5..6 },
            Difference { before: 8..9, after: 8..8 },
        ];
        let divided = divide(vec![piece(1, 11, 9)], &differences);
        assert_eq!(divided.kept, [piece(2, 12, 1), piece(5, 15, 1)]);
        let passed = [piece(1, 11, 1), piece(4, 13, 2), piece(6, 16, 2), piece(9, 18, 2)];
        assert_eq!(divided.passed, passed);
    }

    #[test]
    fn what_continues_is_joined() {
        let pieces = vec![piece(5, 8, 2), piece(1, 1, 2), piece(3, 3, 1), piece(4, 9, 1)];
        assert_eq!(joined(pieces), [piece(1, 1, 3), piece(4, 9, 1), piece(5, 8, 2)]);
    }
}
