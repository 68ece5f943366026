//! What sessions did to a file.

use std::collections::{HashMap, HashSet};

use super::blame::{candidates, cut, edit_call, not_inside, paths_of, prompt};
use super::repository::{global_config, tracer};
use super::sessions::detail;
use crate::Engine;
use crate::api::{ApiError, FileHistory, FileHistoryRequest, FileTouch};
use crate::git::{BlameFile, Repository};
use crate::model::{EditKind, SessionNumber};
use crate::origin::Edit;

/// Bytes of the text of an edit that an answer holds, on either side.
const TEXT: usize = 2000;

pub(crate) fn file_history(
    engine: &Engine,
    request: &FileHistoryRequest,
) -> Result<FileHistory, ApiError> {
    let config = global_config(engine);
    // As for blame: the file may lie in another repository than the current directory.
    let beside = request.place.join(&request.file);
    let beside = beside.parent().filter(|beside| beside.is_dir());
    let repository = Repository::discover(beside.unwrap_or(&request.place), &config)?;
    let known = candidates(&repository, &request.place, &request.file);
    let there = known.iter().find(|(path, _)| path.symlink_metadata().is_ok());
    let Some((path, file)) = there.or(known.first()) else {
        return Err(not_inside(&repository, &request.file));
    };
    let mut names = vec![file.clone()];
    if path.is_file() {
        let ignored = HashSet::new();
        let blamed = repository.blame(&BlameFile {
            path: file,
            rev: None,
            lines: None,
            ignored: &ignored,
            ignore_whitespace: false,
        })?;
        names = paths_of(&blamed, file);
    }
    let store = engine.store();
    let (view, index) = (store.view()?, engine.index());
    let mut tracer = tracer(&repository, &config, &view, &index)?;
    let edits = tracer.history(&names)?;
    let total = edits.len();
    let until = request.until.and_then(|until| usize::try_from(until).ok()).unwrap_or(total);
    let until = until.min(total);
    let from = until.saturating_sub(request.limit);
    let mut answer = FileHistory {
        file: file.clone(),
        names,
        total: total as u64,
        from: from as u64,
        ..FileHistory::default()
    };
    let mut places: HashMap<SessionNumber, u32> = HashMap::new();
    for edit in edits[from..until].iter().rev() {
        let session = match places.get(&edit.session) {
            Some(&place) => place,
            None => {
                let Some(session) = view.session(edit.session)? else { continue };
                answer.sessions.push(detail(engine, &view, session)?);
                let place = answer.sessions.len() as u32 - 1;
                places.insert(edit.session, place);
                place
            }
        };
        let (before, after) = texts(edit);
        answer.edits.push(FileTouch {
            call: edit_call(edit, session),
            kind: edit.kind,
            path: edit.path.clone(),
            before,
            after,
            prompt: prompt(&mut tracer, edit.session, edit.index)?.map(cut),
        });
    }
    Ok(answer)
}

/// The beginnings of what an edit replaced, and of what it put in its place.
fn texts(edit: &Edit) -> (Option<String>, Option<String>) {
    let cut = |text: &str| text[..text.floor_char_boundary(TEXT)].to_owned();
    match &edit.replacement {
        Some((before, after)) => (Some(cut(before)), Some(cut(after))),
        None if matches!(edit.kind, EditKind::Delete | EditKind::Rename) => (None, None),
        None => {
            let lines = edit.written.lines.iter().map(|line| line.text.as_str());
            (None, Some(cut(&lines.collect::<Vec<_>>().join("\n"))))
        }
    }
}
