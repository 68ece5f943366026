//! Which messages of `api_conversation_history.json` a turn of `ui_messages.json` is about.
//!
//! An entry of Cline tells the place of the last message before it: what a request sends is the next
//! one, and the answer the one after that. In Roo Code's files both sides have times. Where there is
//! neither, the answered requests and the answers are taken to follow one another.

use crate::api::{ApiMessage, Voice};
use crate::turns::Turn;

/// Indexes of the messages of a turn.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Pair {
    pub(crate) sent: Option<usize>,
    pub(crate) answer: Option<usize>,
    /// A later turn has them: the request was repeated.
    pub(crate) is_repeated: bool,
}

/// One pair for each turn.
pub(crate) fn pairs(turns: &[&Turn], messages: &[ApiMessage]) -> Vec<Pair> {
    let has_times = messages.iter().any(|message| message.at.is_some());
    let has_places = turns.iter().any(|turn| turn.index.is_some());
    let mut pairs: Vec<Pair> = if has_times || has_places {
        let by_place = turns.iter().map(|turn| at_place(turn, messages));
        let windows = (0..turns.len()).map(|at| in_window(turns, at, messages));
        by_place.zip(windows).map(|(place, window)| place.or(window).unwrap_or_default()).collect()
    } else {
        in_order(turns, messages)
    };
    // A request that was repeated sends the same message: the last one has it.
    for at in 0..pairs.len() {
        let later = &pairs[at + 1..];
        let Pair { sent, answer, .. } = pairs[at];
        let is_taken = |index: Option<usize>, of: fn(&Pair) -> Option<usize>| {
            index.is_some() && later.iter().any(|pair| of(pair) == index)
        };
        if is_taken(sent, |pair| pair.sent) || is_taken(answer, |pair| pair.answer) {
            pairs[at] = Pair { is_repeated: true, ..Pair::default() };
        }
    }
    pairs
}

fn is(messages: &[ApiMessage], index: usize, voice: Voice) -> bool {
    messages.get(index).is_some_and(|message| message.voice == voice)
}

fn at_place(turn: &Turn, messages: &[ApiMessage]) -> Option<Pair> {
    let sent = usize::try_from(turn.index?.checked_add(1)?).ok()?;
    if !turn.is_request || !is(messages, sent, Voice::User) {
        return None;
    }
    Some(Pair { sent: Some(sent), answer: answer_after(messages, sent), is_repeated: false })
}

/// The answer to the message at `sent`; reasoning may stand between them.
fn answer_after(messages: &[ApiMessage], sent: usize) -> Option<usize> {
    let mut after = sent + 1;
    while is(messages, after, Voice::Reasoning) {
        after += 1;
    }
    is(messages, after, Voice::Assistant).then_some(after)
}

/// What was sent and answered between a request and the next one.
fn in_window(turns: &[&Turn], at: usize, messages: &[ApiMessage]) -> Option<Pair> {
    let turn = turns[at];
    let from = turn.at.filter(|_| turn.is_request)?;
    let next = turns[at + 1..].iter().filter(|turn| turn.is_request).find_map(|turn| turn.at);
    let to = next.unwrap_or(i64::MAX);
    let within = |index: &usize| messages[*index].at.is_some_and(|at| from <= at && at < to);
    let find = |voice| (0..messages.len()).filter(within).find(|i| is(messages, *i, voice));
    let answer = find(Voice::Assistant);
    let sent = find(Voice::User).filter(|sent| answer.is_none_or(|answer| *sent < answer));
    let pair = Pair { sent, answer, is_repeated: false };
    (sent.is_some() || answer.is_some()).then_some(pair)
}

fn in_order(turns: &[&Turn], messages: &[ApiMessage]) -> Vec<Pair> {
    let mut answers = (0..messages.len()).filter(|index| is(messages, *index, Voice::Assistant));
    let pair = |turn: &&Turn| {
        let Some(answer) = Some(()).filter(|()| turn.is_answered()).and_then(|()| answers.next())
        else {
            return Pair::default();
        };
        let sent = answer.checked_sub(1).filter(|sent| is(messages, *sent, Voice::User));
        Pair { sent, answer: Some(answer), is_repeated: false }
    };
    turns.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(at: i64, index: Option<i64>) -> Turn {
        Turn {
            key: at.to_string(),
            at: Some(at),
            sent: None,
            is_request: true,
            index,
            usage: Some(lore_plugin_sdk::Usage {
                input: 1,
                output: 1,
                cache_read: 0,
                cache_write: 0,
            }),
            model: None,
            pieces: Vec::new(),
        }
    }

    fn messages(list: &[(Voice, Option<i64>)]) -> Vec<ApiMessage> {
        let message = |(at, (voice, ts)): (usize, &(Voice, Option<i64>))| ApiMessage {
            key: at.to_string(),
            voice: *voice,
            at: *ts,
            model: None,
            usage: None,
            parts: Vec::new(),
        };
        list.iter().enumerate().map(message).collect()
    }

    fn check(turns: &[Turn], messages: &[ApiMessage], expected: &[(Option<usize>, Option<usize>)]) {
        let turns: Vec<&Turn> = turns.iter().collect();
        let found = pairs(&turns, messages);
        let found: Vec<_> = found.iter().map(|pair| (pair.sent, pair.answer)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn places_times_and_order_tell() {
        use Voice::{Assistant as A, Reasoning as R, User as U};
        let plain = messages(&[(U, None), (A, None), (U, None), (R, None), (A, None)]);
        let expected = [(Some(0), Some(1)), (Some(2), Some(4))];
        check(&[turn(1, Some(-1)), turn(5, Some(1))], &plain, &expected);
        // The request was repeated after it had failed.
        let repeated = [(None, None), (Some(0), Some(1)), (Some(2), Some(4))];
        check(&[turn(1, Some(-1)), turn(3, Some(-1)), turn(5, Some(1))], &plain, &repeated);
        check(&[turn(1, None)], &messages(&[(U, None), (A, None)]), &[(Some(0), Some(1))]);
        let timed = messages(&[(U, Some(2)), (A, Some(4)), (U, Some(11)), (A, Some(14))]);
        let expected = [(Some(0), Some(1)), (None, None), (Some(2), Some(3))];
        check(&[turn(1, None), turn(6, None), turn(10, None)], &timed, &expected);
    }

    #[test]
    fn what_is_gone_has_no_pair() {
        use Voice::{Assistant as A, User as U};
        check(&[turn(1, Some(7))], &messages(&[(U, None), (A, None)]), &[(None, None)]);
        check(&[turn(1, Some(i64::MAX))], &messages(&[(U, None)]), &[(None, None)]);
        check(&[turn(1, None)], &[], &[(None, None)]);
    }
}
