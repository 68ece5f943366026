//! `lore daemon logs`.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use super::Context;
use crate::daemon;
use crate::error::CliError;
use crate::output::plain;

/// Pause between two looks for more.
const PAUSE: Duration = Duration::from_millis(100);

/// The longest line that is shown in one piece, in bytes.
const LONGEST_LINE: u64 = 1 << 20;

/// Shows the last lines, and goes on if that is wanted.
pub(super) fn run(context: &mut Context, lines: usize, follow: bool) -> Result<(), CliError> {
    let log = daemon::log(&context.home);
    let path = log.path();
    let failed = |error| CliError::file("cannot read", path, &error);
    let mut file = open(path).map_err(failed)?;
    match &mut file {
        Some(file) => {
            for line in last_lines(file, lines).map_err(failed)? {
                writeln!(context.output, "{}", plain(&line))?;
            }
        }
        None if !follow => {
            let shown = context.home.shorten(path);
            return context
                .output
                .note(&format!("The daemon has written nothing yet to `{shown}`."));
        }
        None => {}
    }
    context.output.flush()?;
    if !follow {
        return Ok(());
    }
    loop {
        if let Some(file) = &mut file {
            while let Some(line) = next_line(file).map_err(failed)? {
                writeln!(context.output, "{}", plain(&line))?;
            }
            context.output.flush()?;
        }
        // A new file was begun, and the old one read to its end.
        if !file.as_ref().is_some_and(|file| is_at(file.get_ref(), path)) {
            file = open(path).map_err(failed)?.or(file);
        }
        std::thread::sleep(PAUSE);
    }
}

fn open(path: &Path) -> io::Result<Option<BufReader<File>>> {
    match File::open(path) {
        Ok(file) => Ok(Some(BufReader::new(file))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether it is still this file that lies there.
fn is_at(file: &File, path: &Path) -> bool {
    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(ours), Ok(theirs)) => identity(ours) == identity(theirs),
        _ => false,
    }
}

fn last_lines(file: &mut BufReader<File>, lines: usize) -> io::Result<VecDeque<String>> {
    let mut last = VecDeque::new();
    while let Some(line) = next_line(file)? {
        last.push_back(line);
        if last.len() > lines {
            last.pop_front();
        }
    }
    Ok(last)
}

/// The next line that is written to its end; nothing if there is none yet.
fn next_line(file: &mut BufReader<File>) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let length = (&mut *file).take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if (length as u64) < LONGEST_LINE {
        // The rest of it is on its way.
        file.seek(SeekFrom::Current(-(length as i64)))?;
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&line).into_owned()))
}
