//! What holds whatever the files say.

use std::collections::BTreeSet;

use lore_engine::api::ImportReport;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::Archive;
use crate::sources::{
    IDS, Step, WORD, claude, claude_every, claude_path, codex, codex_body, codex_head, codex_path,
    file, open_file, steps, talk,
};

/// A file of a tool: its path and its lines.
type Lines = (String, Vec<Vec<u8>>);

/// Whose file it is, and what it notes.
fn any_source() -> impl Strategy<Value = (bool, Vec<Step>)> {
    (any::<bool>(), steps(0..25)).prop_map(|(is_claude, mut steps)| {
        steps.insert(0, Step::Ask);
        (is_claude, steps)
    })
}

fn source(id: &str, (is_claude, steps): &(bool, Vec<Step>)) -> Lines {
    match is_claude {
        true => (claude_path(id), claude(id, steps)),
        false => (codex_path(id), codex(id, steps)),
    }
}

fn new_ones(reports: &[ImportReport]) -> (u64, u64) {
    let tools = || reports.iter().flat_map(|report| &report.tools);
    (tools().map(|tool| tool.new_sessions).sum(), tools().map(|tool| tool.new_messages).sum())
}

/// An original and a copy that goes on: the copy begins with the first lines of the original.
fn lineage(is_claude: bool, original: &[Step], copied: usize, own: &[Step]) -> [Lines; 2] {
    let [a, b, _] = IDS;
    let copied = copied.min(original.len());
    if is_claude {
        let original = claude(a, original);
        let mut copy = original[..copied].to_vec();
        copy.extend(claude_every(b, own, 1000, 1));
        return [(claude_path(a), original), (claude_path(b), copy)];
    }
    let original = codex(a, original);
    let mut copy = vec![codex_head(b, Some(a))];
    copy.extend_from_slice(&original[..=copied]);
    copy.extend(codex_body(b, own, 1000));
    [(codex_path(a), original), (codex_path(b), copy)]
}

fn words(lines: &[&Lines]) -> BTreeSet<String> {
    let lines = lines.iter().flat_map(|(_, lines)| lines);
    let words = lines.flat_map(|line| {
        let text = String::from_utf8_lossy(line).into_owned();
        let parts: Vec<String> = text.split(['"', '\n']).map(str::to_owned).collect();
        parts.into_iter().filter(|part| part.starts_with(WORD))
    });
    words.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(8) })]

    /// However a file grew between imports, and whatever was half written then: it is as if it had
    /// been imported once. To import it again, forced or not, changes nothing.
    #[test]
    fn cuts_and_repetitions_change_nothing(
        one in any_source(),
        other in any_source(),
        ends_open in any::<bool>(),
        cuts in prop::collection::vec(any::<Index>(), 1..3),
    ) {
        let whole = |(path, lines): &Lines| {
            (path.clone(), if ends_open { open_file(lines) } else { file(lines) })
        };
        let files = [whole(&source(IDS[0], &one)), whole(&source(IDS[1], &other))];

        let mut at_once = Archive::new();
        for (path, bytes) in &files {
            at_once.write(path, bytes);
        }
        let report = at_once.import();
        let found = at_once.found(WORD);
        at_once.assert_sound();

        let (mut grown, mut followed) = (Archive::new(), Archive::new());
        let mut reports = Vec::new();
        let longest = files.iter().map(|(_, bytes)| bytes.len()).max().unwrap_or(0);
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(longest + 1)).collect();
        ends.sort_unstable();
        ends.push(longest);
        for end in ends {
            for (path, bytes) in &files {
                let part = &bytes[..end.min(bytes.len())];
                grown.write(path, part);
                followed.write(path, part);
            }
            reports.push(grown.import());
            followed.follow(&files.each_ref().map(|(path, _)| path.as_str()));
        }
        prop_assert_eq!(new_ones(&reports), new_ones(&[report]));
        prop_assert_eq!(&grown.found(WORD), &found);
        grown.assert_sound();
        let dump = at_once.dump();
        prop_assert_eq!(&grown.dump(), &dump);
        prop_assert_eq!(&followed.found(WORD), &found);
        followed.assert_sound();
        prop_assert_eq!(&followed.dump(), &dump);

        for force in [false, true] {
            let again = at_once.import_as(|request| request.force = force);
            for tool in &again.tools {
                prop_assert_eq!((tool.new_sessions, tool.changed_sessions), (0, 0));
                prop_assert_eq!(tool.new_messages, 0);
                // A tool may tell of a message twice; told from the start, it changes back and forth.
                prop_assert!(force || tool.changed_messages == 0);
                prop_assert!(force || (tool.unchanged == tool.sources && tool.bytes == 0));
            }
            prop_assert_eq!(&at_once.found(WORD), &found);
            at_once.assert_sound();
            prop_assert_eq!(&at_once.dump(), &dump);
        }
    }

    /// A trial tells what the import then does, and leaves everything as it was.
    #[test]
    fn a_trial_changes_nothing_and_tells_the_truth(
        known in any_source(),
        new in any_source(),
        cut in any::<Index>(),
    ) {
        let (known, new) = (source(IDS[0], &known), source(IDS[1], &new));
        let mut archive = Archive::new();
        let bytes = file(&known.1);
        archive.write(&known.0, &bytes[..cut.index(bytes.len())]);
        archive.import();
        let before = archive.dump();
        archive.write(&known.0, &bytes);
        archive.write(&new.0, file(&new.1));
        let trial = archive.import_as(|request| request.dry_run = true);
        prop_assert!(trial.dry_run);
        prop_assert_eq!(&archive.dump(), &before);
        let real = archive.import();
        prop_assert_eq!(format!("{:?}", trial.tools), format!("{:?}", real.tools));
        prop_assert_eq!(trial.problems, real.problems);
        archive.assert_sound();
    }

    /// A copy's first messages are those of the original: each is there once in all, in whatever
    /// order the two are imported. Which of the two has it depends on which was read first; the
    /// original has all of its own if it was read before the copy or together with it.
    #[test]
    fn copies_are_left_out_in_any_order(
        is_claude in any::<bool>(),
        original in talk(1..12),
        copied in 1..12_usize,
        own in talk(1..6),
    ) {
        let [original, copy] = lineage(is_claude, &original, copied, &own);
        let mut orders = Vec::new();
        for order in [vec![vec![&original, &copy]], vec![vec![&original], vec![&copy]], vec![vec![&copy], vec![&original]]] {
            let mut archive = Archive::new();
            for files in order {
                for (path, lines) in files {
                    archive.write(path, file(lines));
                }
                archive.import();
            }
            archive.assert_sound();
            let found = archive.found(WORD).len();
            let dump = archive.dump();
            prop_assert_eq!(found, words(&[&original, &copy]).len());
            let parents: Vec<_> = dump.sessions.values().map(|(session, ..)| session.parent).collect();
            prop_assert!(parents.iter().any(Option::is_none), "each is the other's child");
            orders.push(dump);
        }
        let [together, forth, back] = &orders[..] else { unreachable!() };
        prop_assert_eq!(&together.sessions, &forth.sessions);
        prop_assert_eq!(together.texts(), back.texts());
        prop_assert_eq!(together.messages().count(), back.messages().count());
    }

    /// What a rewritten file does not have any more is kept and marked; what comes back is as it was.
    #[test]
    fn what_vanishes_is_withdrawn_until_it_comes_back(
        steps in talk(2..15),
        gone in prop::collection::vec(any::<bool>(), 15),
    ) {
        let lines = claude(IDS[0], &steps);
        let mut archive = Archive::new();
        archive.write(&claude_path(IDS[0]), file(&lines));
        archive.import();
        let before = archive.dump();

        let left: Vec<_> = lines.iter().zip(&gone).filter(|(_, gone)| !**gone).map(|(line, _)| line.clone()).collect();
        archive.write(&claude_path(IDS[0]), file(&left));
        archive.import();
        archive.assert_sound();
        let (_, messages, _) = &archive.dump().sessions[IDS[0]];
        prop_assert_eq!(messages.len(), steps.len());
        for (message, gone) in messages.iter().zip(&gone) {
            prop_assert_eq!(message.withdrawn, *gone);
        }

        archive.write(&claude_path(IDS[0]), file(&lines));
        archive.import();
        archive.assert_sound();
        prop_assert_eq!(&archive.dump(), &before);
    }

    /// A file that is cut, replaced by another session's, or removed takes nothing with it.
    #[test]
    fn what_was_captured_stays(
        first in talk(1..12),
        second in talk(1..12),
        cut in any::<Index>(),
        way in 0..3,
    ) {
        let mut archive = Archive::new();
        let path = codex_path(IDS[0]);
        let bytes = file(&codex(IDS[0], &first));
        archive.write(&path, &bytes);
        archive.write(&claude_path(IDS[2]), file(&claude(IDS[2], &second)));
        archive.import();
        let before = archive.dump();
        match way {
            0 => archive.write(&path, &bytes[..cut.index(bytes.len())]),
            1 => archive.write(&path, file(&codex(IDS[1], &second))),
            _ => archive.remove(&path),
        }
        archive.import();
        archive.assert_sound();
        let after = archive.dump();
        let texts = after.texts();
        prop_assert!(before.texts().iter().all(|text| texts.contains(text)));
        prop_assert_eq!(&after.sessions[IDS[2]], &before.sessions[IDS[2]]);
        let of_first = &after.sessions[IDS[0]].1;
        prop_assert!(way != 1 || of_first.iter().all(|message| message.withdrawn));
        prop_assert!(way != 2 || of_first.iter().all(|message| !message.withdrawn));
    }

    /// A session that goes on in another file is in the order of its times, whatever file is first.
    #[test]
    fn sources_of_one_session_are_put_in_order(
        one in talk(1..12),
        other in talk(1..12),
        apart in any::<bool>(),
    ) {
        let paths = [claude_path(IDS[0]), format!(".claude/projects/-home-ada/{}.jsonl", IDS[0])];
        let files = [claude_every(IDS[0], &one, 0, 2), claude_every(IDS[0], &other, 1, 2)];
        let mut orders = Vec::new();
        for order in [[0, 1], [1, 0]] {
            let mut archive = Archive::new();
            for which in order {
                archive.write(&paths[which], file(&files[which]));
                if apart {
                    archive.import();
                }
            }
            archive.import();
            archive.assert_sound();
            let places = archive.found(WORD);
            let dump = archive.dump();
            let (_, messages, _) = &dump.sessions[IDS[0]];
            prop_assert!(messages.is_sorted_by_key(|message| message.at));
            prop_assert_eq!(messages.len(), one.len() + other.len());
            let ids: Vec<_> = messages.iter().map(|message| message.id).collect();
            orders.push((ids, places));
        }
        prop_assert_eq!(&orders[0], &orders[1]);
    }
}
