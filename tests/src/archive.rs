//! Many sessions of both tools, of which it is known what they say.

use crate::{ClaudeCode, Codex, Random, TestEnv};

/// What sessions are made of, beside what is looked for.
const WORDS: &[&str] = &[
    "kettle", "boils", "timeout", "retry", "backoff", "parser", "token", "branch", "quartz",
    "nebula", "socket", "buffer", "cursor", "index", "merge", "render", "widget", "schema",
    "latency", "canvas", "ledger", "harbor", "signal", "filter", "packet", "thread", "module",
];

/// How many sessions of what length.
#[derive(Clone, Copy, Debug)]
pub struct Archive {
    /// Half of Claude Code, half of Codex.
    pub sessions: u32,
    /// What each is asked and answers, at least one.
    pub turns: u32,
    /// The same seed gives the same sessions.
    pub seed: u64,
}

/// Where a message is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Message {
    /// The session.
    pub session: String,
    /// Its place in it.
    pub index: u32,
    /// Who speaks.
    pub role: &'static str,
}

/// What was written.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    /// Messages in all.
    pub messages: u64,
    /// The messages that hold the phrase `quartz nebula`, sorted.
    pub phrase: Vec<Message>,
    /// The one message that holds `zyzzyvaunique`.
    pub unique: Vec<Message>,
    /// Messages that hold `heliotropemark`, only in the input of a tool of Claude Code, sorted.
    pub input: Vec<Message>,
    /// Messages that hold `cinnabarmark`, only in the arguments of a command of Codex, sorted.
    pub arguments: Vec<Message>,
    /// Messages that hold `vermilionmark`, only in what a tool answered Codex, sorted.
    pub answer: Vec<Message>,
}

impl Archive {
    /// Writes the sessions where the tools keep them.
    pub fn write(self, env: &TestEnv) -> Truth {
        let mut truth = Truth::default();
        let mut random = Random::new(self.seed);
        let unique = self.sessions / 2;
        for number in 0..self.sessions {
            let has_unique = number == unique;
            if number % 2 == 0 {
                self.write_claude_code(env, number, has_unique, &mut random, &mut truth);
            } else {
                self.write_codex(env, number, has_unique, &mut random, &mut truth);
            }
        }
        for found in [
            &mut truth.phrase,
            &mut truth.unique,
            &mut truth.input,
            &mut truth.arguments,
            &mut truth.answer,
        ] {
            found.sort();
        }
        truth
    }

    fn write_claude_code(
        self,
        env: &TestEnv,
        number: u32,
        has_unique: bool,
        random: &mut Random,
        truth: &mut Truth,
    ) {
        let id = format!("{number:08x}-1111-4111-8111-{:04x}{number:08x}", self.seed & 0xffff);
        let mut session = ClaudeCode::new(&id).at(&time(number)).directory(&directory(number));
        let at = |index, role| Message { session: id.clone(), index, role };
        for turn in 0..self.turns.max(1) {
            let (text, holds_phrase) = sentence(random);
            let index = session.user(&text);
            truth.phrase.extend(holds_phrase.then(|| at(index, "user")));
            if has_unique && turn == 0 {
                let index = session.assistant("Only here: zyzzyvaunique.");
                truth.unique.push(at(index, "assistant"));
            }
            let mark = if random.below(8) == 0 { "heliotropemark" } else { "other" };
            let index = session.edit("/home/ada/kettle/src/lib.rs", "one", &format!("two {mark}"));
            truth.input.extend((mark == "heliotropemark").then(|| at(index, "assistant")));
            let (text, holds_phrase) = sentence(random);
            let index = session.assistant(&text);
            truth.phrase.extend(holds_phrase.then(|| at(index, "assistant")));
        }
        truth.messages += u64::from(session.messages());
        env.claude_code(&session);
    }

    fn write_codex(
        self,
        env: &TestEnv,
        number: u32,
        has_unique: bool,
        random: &mut Random,
        truth: &mut Truth,
    ) {
        let id = format!("{number:08x}-2222-7222-8222-{:04x}{number:08x}", self.seed & 0xffff);
        let mut session = Codex::new(&id, &directory(number), &time(number));
        let at = |index, role| Message { session: id.clone(), index, role };
        for turn in 0..self.turns.max(1) {
            let (text, holds_phrase) = sentence(random);
            let index = session.user(&text);
            truth.phrase.extend(holds_phrase.then(|| at(index, "user")));
            if has_unique && turn == 0 {
                let index = session.assistant("Only here: zyzzyvaunique.");
                truth.unique.push(at(index, "assistant"));
            }
            let argument = if random.below(8) == 0 { "cinnabarmark" } else { "other" };
            let answer = if random.below(8) == 0 { "vermilionmark" } else { "other" };
            let index = session.command(&format!("grep {argument} src"), answer, 0);
            truth.arguments.extend((argument == "cinnabarmark").then(|| at(index, "assistant")));
            truth.answer.extend((answer == "vermilionmark").then(|| at(index + 1, "user")));
            let (text, holds_phrase) = sentence(random);
            let index = session.assistant(&text);
            truth.phrase.extend(holds_phrase.then(|| at(index, "assistant")));
        }
        truth.messages += u64::from(session.messages());
        env.codex(&session);
    }
}

/// Begins in the morning of one of 28 days.
fn time(number: u32) -> String {
    let (day, minute) = (number % 28 + 1, number / 28 % 60);
    format!("2026-02-{day:02}T08:{minute:02}:00Z")
}

fn directory(number: u32) -> String {
    format!("/home/ada/project-{}", number % 7)
}

/// Twenty to sixty words, and whether they hold the phrase; the words of the phrase also stand
/// alone and the other way round.
fn sentence(random: &mut Random) -> (String, bool) {
    let length = 20 + random.below(40);
    let mut words: Vec<&str> =
        (0..length).map(|_| WORDS[random.below(WORDS.len() as u64) as usize]).collect();
    if random.below(10) == 0 {
        words.extend(["quartz", "nebula"]);
    }
    let holds_phrase = words.windows(2).any(|pair| pair == ["quartz", "nebula"]);
    (words.join(" "), holds_phrase)
}
