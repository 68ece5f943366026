//! Whose file it is and which task it belongs to, as far as its path tells.

/// The programs that keep tasks in this form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// Cline.
    Cline,
    /// Roo Code, made from Cline.
    RooCode,
    /// Kilo Code up to version 5, made from Roo Code.
    KiloCode,
}

/// What a path tells.
#[derive(Debug, PartialEq)]
pub(crate) struct Place {
    /// The file's name.
    pub(crate) name: String,
    /// The file's folder, with `/` at its end, or nothing.
    pub(crate) folder: String,
    /// The name of the task, which is that of its folder.
    pub(crate) task: Option<String>,
    program: Option<Program>,
}

impl Place {
    /// Reads a path with `/` between its parts.
    pub(crate) fn of(path: &str) -> Self {
        let (folder, name) = match path.rfind('/') {
            Some(end) => path.split_at(end + 1),
            None => ("", path),
        };
        let parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
        let named = parts.iter().find_map(|part| program(part));
        let program = named.or(match parts.as_slice() {
            [.., "cli", "global", "tasks", _] | ["cli", "global", "tasks"] => {
                Some(Program::KiloCode)
            }
            [.., "global-storage", "tasks", _] | ["global-storage", "tasks"] => {
                Some(Program::RooCode)
            }
            _ => None,
        });
        let task = match parts.as_slice() {
            [.., "tasks", task] => Some(*task),
            // The base may be the folder of all tasks.
            [task] if is_task(task) => Some(*task),
            _ => None,
        };
        Self {
            name: name.to_owned(),
            folder: folder.to_owned(),
            task: task.map(str::to_owned),
            program,
        }
    }

    /// Whether the file may be the program's. Without a name in the path, tasks named after a time
    /// are Cline's and those named by a UUID Roo Code's; Kilo Code's folders are always named.
    pub(crate) fn is_of(&self, program: Program) -> bool {
        match self.program {
            Some(named) => named == program,
            None => match &self.task {
                Some(task) if is_uuid(task) => program == Program::RooCode,
                Some(_) => program == Program::Cline,
                None => program != Program::KiloCode,
            },
        }
    }

    /// Whether the path leaves open whether it is Cline's or Roo Code's.
    pub(crate) fn is_open(&self) -> bool {
        self.program.is_none() && self.task.is_none()
    }
}

fn program(part: &str) -> Option<Program> {
    let part = part.to_ascii_lowercase();
    let is = |starts: &[&str], names: &[&str]| {
        starts.iter().any(|start| part.starts_with(start)) || names.contains(&part.as_str())
    };
    if is(&["saoudrizwan."], &[".cline", "cline"]) {
        Some(Program::Cline)
    } else if is(&["rooveterinaryinc."], &["roo-code", "roo-cline", ".vscode-mock"]) {
        Some(Program::RooCode)
    } else if is(&["kilocode."], &["kilo-code", ".kilocode"]) {
        Some(Program::KiloCode)
    } else {
        None
    }
}

fn is_task(name: &str) -> bool {
    is_uuid(name) || name.len() == 13 && name.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, task: Option<&str>, programs: &[Program]) {
        let place = Place::of(path);
        assert_eq!(place.task.as_deref(), task, "{path}");
        let all = [Program::Cline, Program::RooCode, Program::KiloCode];
        let found: Vec<Program> = all.into_iter().filter(|program| place.is_of(*program)).collect();
        assert_eq!(found, programs, "{path}");
    }

    #[test]
    fn the_path_names_program_and_task() {
        const ID: &str = "0b6d2f9e-6f7c-4c1e-9a51-2f60c3a1d001";
        let (cline, roo, kilo) = (Program::Cline, Program::RooCode, Program::KiloCode);
        let named = format!("globalStorage/RooVeterinaryInc.roo-cline/tasks/{ID}/ui_messages.json");
        check(&named, Some(ID), &[roo]);
        check("globalStorage/saoudrizwan.claude-dev/state/taskHistory.json", None, &[cline]);
        check("globalStorage/kilocode.kilo-code/tasks/1/x.json", Some("1"), &[kilo]);
        check("tasks/1767644899093/ui_messages.json", Some("1767644899093"), &[cline]);
        check(&format!("tasks/{ID}/ui_messages.json"), Some(ID), &[roo]);
        check(&format!("cli/global/tasks/{ID}/ui_messages.json"), Some(ID), &[kilo]);
        check(&format!("{ID}/ui_messages.json"), Some(ID), &[roo]);
        check("ui_messages.json", None, &[cline, roo]);
    }
}
