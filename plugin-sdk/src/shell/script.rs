//! Cuts a shell script into simple commands, up to the first construct that is not understood.

/// A simple command: words, and where its output goes.
#[derive(Debug, Default)]
pub(super) struct Command {
    words: Vec<Word>,
    pub(super) writes: Vec<Target>,
    /// The text that is its input; absent also if it holds an expansion.
    pub(super) heredoc: Option<String>,
    /// It runs only if a test holds, or if the one before it fails.
    pub(super) conditional: bool,
    /// Its input is a pipe or a file.
    reads_pipe: bool,
    writes_pipe: bool,
}

/// A word without its quotes.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Word {
    pub(super) text: String,
    /// No expansion is in it: the text is what the program gets.
    pub(super) certain: bool,
}

/// A file that standard output is sent to.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) path: Word,
    pub(super) append: bool,
}

impl Command {
    /// The program's name; empty if it is not certain.
    pub(super) fn name(&self) -> &str {
        self.words.first().filter(|word| word.certain).map_or("", |word| &word.text)
    }

    /// The words after the name.
    pub(super) fn arguments(&self) -> &[Word] {
        self.words.get(1..).unwrap_or_default()
    }

    /// Whether it is run for its exit status: what follows `&&` may not happen.
    fn is_test(&self) -> bool {
        let name = self.words.first().map_or("", |word| word.text.as_str());
        matches!(name, "[" | "test" | "grep" | "rg" | "command" | "which" | "diff" | "cmp")
    }

    /// Whether it runs beside others, in a process of its own.
    pub(super) fn in_pipeline(&self) -> bool {
        self.reads_pipe || self.writes_pipe
    }
}

/// The simple commands of a script, in its order.
pub(super) fn commands(script: &str) -> Vec<Command> {
    let mut scanner = Scanner { rest: script, commands: Vec::new(), heredocs: Vec::new() };
    // Nothing means that the end of what is understood was reached: what lies before it holds.
    let _ = scanner.run();
    scanner.commands
}

/// Words at the beginning of a command that make it more than a simple one.
const RESERVED: [&str; 16] = [
    "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac",
    "select", "function", "!", "[[",
];

/// How many heredocs one line may begin.
const MOST_HEREDOCS: usize = 64;

struct Scanner<'a> {
    rest: &'a str,
    commands: Vec<Command>,
    /// Those whose text begins after the line.
    heredocs: Vec<Heredoc>,
}

struct Heredoc {
    /// Index of the command whose input it is.
    command: usize,
    delimiter: String,
    quoted: bool,
    strips_tabs: bool,
}

impl Scanner<'_> {
    fn run(&mut self) -> Option<()> {
        let mut command = Command::default();
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\r']);
            let Some(first) = self.rest.chars().next() else {
                self.finish(command);
                return Some(());
            };
            match first {
                '\n' => {
                    self.skip(1);
                    command = self.finish(command);
                    self.read_heredocs()?;
                }
                '#' => self.skip(self.rest.find('\n').unwrap_or(self.rest.len())),
                ';' => {
                    self.skip(1);
                    command = self.finish(command);
                }
                '|' if self.take("||") => {
                    command = self.finish(command);
                    command.conditional = true;
                }
                '|' => {
                    self.skip(1);
                    self.take("&");
                    command.writes_pipe = true;
                    let conditional = command.conditional;
                    command = self.finish(command);
                    command.reads_pipe = true;
                    command.conditional = conditional;
                }
                '&' if self.take("&>>") || self.take("&>") => {
                    self.word()?;
                }
                '&' if self.take("&&") => {
                    let conditional = command.conditional || command.is_test();
                    command = self.finish(command);
                    command.conditional = conditional;
                }
                '&' => {
                    self.skip(1);
                    command.writes_pipe = true; // in the background: a process of its own, too
                    command = self.finish(command);
                }
                '<' => self.input(&mut command)?,
                '>' => self.output(&mut command, true)?,
                '(' | ')' => return None,
                '0'..='9' if self.takes_descriptor() => {
                    let standard = first == '1' || self.rest.starts_with('<');
                    self.skip(1);
                    if self.rest.starts_with('<') {
                        self.input(&mut command)?;
                    } else {
                        self.output(&mut command, standard)?;
                    }
                }
                _ => self.push_word(&mut command)?,
            }
        }
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes..];
    }

    fn take(&mut self, operator: &str) -> bool {
        self.rest.strip_prefix(operator).map(|rest| self.rest = rest).is_some()
    }

    /// Whether a digit before a redirection stands here.
    fn takes_descriptor(&self) -> bool {
        matches!(self.rest.as_bytes().get(1), Some(b'<' | b'>'))
    }

    fn finish(&mut self, command: Command) -> Command {
        let index = self.commands.len();
        let has_heredoc = self.heredocs.iter().any(|heredoc| heredoc.command == index);
        if has_heredoc || !command.words.is_empty() || !command.writes.is_empty() {
            self.commands.push(command);
        }
        Command::default()
    }

    fn push_word(&mut self, command: &mut Command) -> Option<()> {
        let plain = self.rest;
        let word = self.word()?;
        if command.words.is_empty() {
            let is_bare = plain.starts_with(&word.text);
            if is_bare && (RESERVED.contains(&word.text.as_str()) || word.text.starts_with('{')) {
                return None;
            }
            if is_assignment(plain) {
                return Some(());
            }
        }
        command.words.push(word);
        Some(())
    }

    fn input(&mut self, command: &mut Command) -> Option<()> {
        if self.take("<<<") {
            self.word()?;
        } else if self.take("<<") {
            let strips_tabs = self.take("-");
            self.rest = self.rest.trim_start_matches([' ', '\t']);
            let start = self.rest;
            let delimiter = self.word()?.text;
            let written = &start[..start.len() - self.rest.len()];
            let quoted = written.contains(['\'', '"', '\\']);
            if self.heredocs.len() == MOST_HEREDOCS {
                return None;
            }
            if delimiter.is_empty() || !quoted && written.contains(['$', '`']) {
                return None;
            }
            let command = self.commands.len();
            self.heredocs.push(Heredoc { command, delimiter, quoted, strips_tabs });
        } else {
            // A file or a descriptor as input; with one, a heredoc before it does not count.
            self.skip(1);
            self.take("&");
            self.word()?;
            command.reads_pipe = true;
        }
        Some(())
    }

    fn output(&mut self, command: &mut Command, standard: bool) -> Option<()> {
        let append = self.take(">>");
        if !append {
            self.skip(1);
            if self.take("&") {
                self.word()?;
                return Some(());
            }
            self.take("|");
        }
        self.rest = self.rest.trim_start_matches([' ', '\t']);
        let path = self.word()?;
        if standard {
            command.writes.push(Target { path, append });
        }
        Some(())
    }

    fn read_heredocs(&mut self) -> Option<()> {
        while !self.heredocs.is_empty() {
            let Heredoc { command, delimiter, quoted, strips_tabs } = &self.heredocs[0];
            let mut text = String::new();
            loop {
                if self.rest.is_empty() {
                    return None; // without its end: the script was cut off
                }
                let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
                self.rest = rest;
                let line = if *strips_tabs { line.trim_start_matches('\t') } else { line };
                if line.trim_end_matches('\r') == delimiter {
                    break;
                }
                text.push_str(line);
                text.push('\n');
            }
            let certain = *quoted || !text.contains(['$', '`', '\\']);
            if let Some(command) = self.commands.get_mut(*command) {
                // Of several heredocs the last one is the input; a pipe or file makes it unclear.
                command.heredoc = Some(text).filter(|_| certain && !command.reads_pipe);
            }
            self.heredocs.remove(0);
        }
        Some(())
    }

    /// Reads one word; nothing if its quotes or expansions do not end.
    fn word(&mut self) -> Option<Word> {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
        let mut word = Word { text: String::new(), certain: true };
        if self.rest.starts_with('~') {
            word.certain = false;
        }
        while let Some(next) = self.rest.chars().next() {
            match next {
                ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')' => break,
                '\'' => {
                    let end = self.rest[1..].find('\'')? + 1;
                    word.text.push_str(&self.rest[1..end]);
                    self.skip(end + 1);
                }
                '"' => {
                    self.skip(1);
                    self.double_quoted(&mut word)?;
                }
                '\\' => {
                    self.skip(1);
                    let escaped = self.rest.chars().next()?;
                    self.skip(escaped.len_utf8());
                    if escaped != '\n' {
                        word.text.push(escaped);
                    }
                }
                '$' | '`' => self.expansion(&mut word)?,
                _ => {
                    word.certain &= !matches!(next, '*' | '?' | '[' | '{');
                    word.text.push(next);
                    self.skip(next.len_utf8());
                }
            }
        }
        Some(word)
    }

    fn double_quoted(&mut self, word: &mut Word) -> Option<()> {
        loop {
            let next = self.rest.chars().next()?;
            match next {
                '"' => {
                    self.skip(1);
                    return Some(());
                }
                '\\' => {
                    self.skip(1);
                    let escaped = self.rest.chars().next()?;
                    self.skip(escaped.len_utf8());
                    match escaped {
                        '\n' => {}
                        '$' | '`' | '"' | '\\' => word.text.push(escaped),
                        _ => word.text.extend(['\\', escaped]),
                    }
                }
                '$' | '`' => self.expansion(word)?,
                _ => {
                    word.text.push(next);
                    self.skip(next.len_utf8());
                }
            }
        }
    }

    /// Passes over an expansion, whose value is not known.
    fn expansion(&mut self, word: &mut Word) -> Option<()> {
        let start = self.rest;
        let first = self.rest.chars().next()?;
        self.skip(1);
        if first == '`' {
            let end = self.rest.find('`')?;
            self.skip(end + 1);
        } else {
            match self.rest.chars().next() {
                Some('(') => {
                    let end = closing(self.rest, '(', ')')?;
                    if self.rest[..end].contains("<<") {
                        return None; // brackets in the text of a heredoc are none
                    }
                    self.skip(end + 1);
                }
                Some('{') => {
                    let end = closing(self.rest, '{', '}')?;
                    self.skip(end + 1);
                }
                Some('\'') => return None,
                _ => {}
            }
        }
        word.certain = false;
        word.text.push_str(&start[..start.len() - self.rest.len()]);
        Some(())
    }
}

/// Where the bracket that `text` begins with is closed, passing over quoted text.
fn closing(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0;
    let mut quote = None;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match (quote, character) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('\''), _) => {}
            (_, '\\') => {
                characters.next();
            }
            (None, '\'' | '"') => quote = Some(character),
            (None, _) if character == open => depth += 1,
            (None, _) if character == close => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

fn is_assignment(text: &str) -> bool {
    let name = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or("");
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && text[name.len()..].starts_with('=')
}
