//! The command lines of the documents: which there are, what they call, and which of them are run.
//!
//! In: blocks of code. Out: whole lines as a shell takes them, each with the programs that it calls. A line is run if all of its
//! programs can be; for every other there is a reason below.

use super::markdown::Block;

/// Languages of blocks that hold commands; a block without one may.
const SHELLS: [&str; 4] = ["sh", "bash", "shell", "console"];

/// Programs that lines which are run may call beside ours.
const BESIDE: [&str; 8] = ["cat", "cut", "echo", "grep", "head", "mkdir", "tail", "tr"];

/// Programs that are not run here, and why.
const ELSEWHERE: [(&str, &str); 34] = [
    ("apt-get", "installs packages"),
    (".venv/bin/hf", "downloads weights"),
    (".venv/bin/pip", "installs packages"),
    (".venv/bin/python", "needs the Python environment and checkpoints; onnx/tests has its tests"),
    (".ci/run", "runs the tests, this one among them"),
    ("benches/model_gpu.sh", "needs a GPU"),
    ("bash", "runs scripts that are tests themselves"),
    (".venv/bin/jupyter", "needs the notebook's environment"),
    ("cargo", "builds and tests; .ci/run does that"),
    ("cp", "is no business of gemwatch"),
    ("curl", "asks a service that is not there"),
    ("docker", "there is no container engine in CI"),
    ("docs/watch-heartbeats.sh", "waits by the clock; a test of its own runs it"),
    ("export", "is no business of gemwatch"),
    ("fuzz/run.sh", "takes its time; fuzz/README.md"),
    ("git", "is no business of gemwatch"),
    ("helm", "needs a cluster"),
    ("jupyter", "needs the notebook's environment"),
    ("kafka-acls.sh", "comes with Kafka; tests/kafka_secure.rs sets the same rights"),
    ("kafka-configs.sh", "comes with Kafka"),
    ("kafka-consumer-groups.sh", "comes with Kafka"),
    ("kafka-topics.sh", "comes with Kafka; tests/kafka/line.rs makes the topics"),
    ("kcat", "needs a broker and is not installed in CI; what it sends is checked against the schemas"),
    ("kill", "ends processes"),
    ("kubectl", "needs a cluster"),
    ("mdbook", "is not installed in CI; chapters and links are checked here"),
    ("nc", "sends to a receiver that is not there"),
    ("npm", "tests the page of the board; .ci/run does that"),
    ("openssl", "makes keys"),
    ("python", "needs training data or the Python environment"),
    ("python3", "the scripts of docs/ have tests of their own here"),
    ("python3.11", "makes environments"),
    ("sudo", "is no business of gemwatch"),
    ("tests/chaos/long.sh", "takes hours"),
];

/// Commands of ours that are parsed and not run, by how they begin or by an option in them, and why.
const NOT_RUN: [(&str, &str); 19] = [
    ("gemwatch demo", "takes its time by the clock; tests/cli.rs runs it"),
    ("gemwatch run", "needs a broker and goes on until it is told to stop; tests/kafka_line.rs runs it"),
    ("gemwatch doctor", "needs a broker; tests/doctor.rs runs it"),
    ("--brokers", "needs a broker; tests/kafka_line.rs runs it"),
    ("--board", "goes on until it is told to stop; tests/ward_board.rs runs it"),
    ("--judge", "needs a language model on a server"),
    ("--rewrite", "needs a language model on a server"),
    ("--tensors", "makes training data; tests/dataset.rs runs it"),
    ("*.hea", "all records of a database; tests/replay.rs replays some"),
    ("gemwatch validate beats mitdb", "all records of a database; tests/validate.rs scores some"),
    ("gemwatch validate alarms vfdb", "all records of a database; tests/alarms.rs scores them"),
    ("gemwatch validate alarms cudb", "all records of a database; tests/alarms.rs scores them"),
    ("gemwatch validate alarms cinc2015", "all records of a database; tests/alarms.rs scores them"),
    ("gemwatch validate alarms cpsc2021", "all records of a database; tests/alarms.rs scores them"),
    ("gemwatch validate intervals", "all records of a database; tests/delineation.rs scores them"),
    ("gemwatch validate diagnoses", "all records of a database; tests/validate.rs scores some"),
    ("bedside kafka", "needs a broker; simulators/tests/feed.rs feeds one"),
    ("bedside truth", "writes to the output of this test; simulators/tests has its tests"),
    ("--alarm CODE", "is the form of many commands"),
];

/// Long runs, made short before they are run.
const SHORTER: [(&str, &str); 7] = [
    ("--episodes 200", "--episodes 2"),
    ("--episodes 100", "--episodes 1"),
    ("--episodes 1200", "--episodes 1"),
    ("--simulated 1000", "--simulated 2"),
    ("--simulated 300", "--simulated 2"),
    ("ptb-xl/*.hea", "ptb-xl/00001_hr.hea"),
    ("--duration 5m", "--duration 70s"),
];

/// A line as a shell takes it, with the line number where it begins.
#[derive(Debug, PartialEq)]
pub struct Line {
    /// The line number, from 1.
    pub at: usize,
    /// All of it, without comments.
    pub text: String,
    /// The simple commands in it, each as words.
    pub calls: Vec<Vec<String>>,
}

/// What is done with a line.
#[derive(Debug, PartialEq)]
pub enum Fate {
    /// It is run, as it stands here.
    Run(String),
    /// It is not, for this reason.
    NotRun(&'static str),
}

/// The command lines of a block: all of a block that says so, of others those that begin with a program that is known.
pub fn lines(block: &Block) -> Vec<Line> {
    let is_shell = block.language.as_deref().is_some_and(|language| SHELLS.contains(&language));
    if block.language.is_some() && !is_shell {
        return Vec::new();
    }
    let lines = joined(block).into_iter().filter_map(|(at, text)| {
        let text = ours(without_comment(text.trim().trim_start_matches("$ ")));
        // A drawing that begins with a name of ours is no command.
        if text.contains('▶') {
            return None;
        }
        let calls: Vec<Vec<String>> = calls(&text);
        let first = calls.first()?.first()?;
        (is_shell || is_known(first)).then(|| Line { at, text: text.clone(), calls: calls.clone() })
    });
    lines.collect()
}

/// What is done with a line; an error names a program that nobody has thought of.
pub fn fate(line: &Line) -> Result<Fate, String> {
    let mut reason = None;
    for call in &line.calls {
        let program = call[0].as_str();
        let elsewhere = ELSEWHERE.iter().find(|(name, _)| *name == program);
        let is_ours = ["gemwatch", "bedside"].contains(&program);
        if let Some((_, why)) = elsewhere {
            reason = Some(*why);
        } else if is_ours {
            let words = call.join(" ");
            let rule = NOT_RUN.iter().find(|(form, _)| words.starts_with(form) || is_in(&words, form));
            reason = reason.or(rule.map(|(_, why)| *why));
        } else if !BESIDE.contains(&program) {
            return Err(format!("{program} is neither among the programs that are run nor among those that are not"));
        }
    }
    let shorter = SHORTER.iter().fold(line.text.clone(), |text, (long, short)| text.replace(long, short));
    Ok(reason.map_or(Fate::Run(shorter), Fate::NotRun))
}

fn is_in(words: &str, form: &str) -> bool {
    !form.starts_with("gemwatch") && !form.starts_with("bedside") && words.contains(form)
}

fn is_known(program: &str) -> bool {
    let elsewhere = ELSEWHERE.iter().any(|(name, _)| *name == program);
    elsewhere || ["gemwatch", "bedside", "echo", "cat"].contains(&program)
}

/// Lines that end with a backslash or a bar, or within quotes, with those that follow.
fn joined(block: &Block) -> Vec<(usize, String)> {
    let mut all: Vec<(usize, String)> = Vec::new();
    let mut is_open = false;
    for (index, line) in block.lines.iter().enumerate() {
        match all.last_mut().filter(|_| is_open) {
            Some((_, text)) => {
                let bare = text.trim_end().trim_end_matches('\\').trim_end().to_owned();
                *text = format!("{bare} {}", line.trim_start());
            }
            None => all.push((block.at + index, line.clone())),
        }
        let text = &all.last().expect("one was just there").1;
        let text = without_comment(text);
        is_open = text.trim_end().ends_with(['\\', '|']) || text.matches('\'').count() % 2 == 1;
    }
    all
}

/// Up to a `#` that begins a comment.
fn without_comment(text: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            (None, '#') if before == ' ' => return text[..at].trim_end(),
            _ => {}
        }
        before = character;
    }
    text.trim_end()
}

/// With the programs by their names, however they are built and started.
fn ours(text: &str) -> String {
    text.replace("cargo run --release -p simulators --bin bedside -- ", "bedside ")
        .replace("cargo run --release -- ", "gemwatch ")
}

/// The simple commands of a line, without variables set before them and without where their output goes.
fn calls(text: &str) -> Vec<Vec<String>> {
    let mut all: Vec<Vec<String>> = vec![Vec::new()];
    let mut words = words(text).into_iter().peekable();
    while let Some(word) = words.next() {
        let call = all.last_mut().expect("there is one from the start");
        match word.as_str() {
            "|" | "&&" | ";" | "&" => all.push(Vec::new()),
            ">" | ">>" | "2>" | "<" => drop(words.next()),
            _ if call.is_empty() && is_assignment(&word) => {}
            _ => call.push(word),
        }
    }
    all.retain(|call| !call.is_empty());
    all
}

fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map(|(name, _)| name).unwrap_or_default();
    !name.is_empty() && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

/// The words of a line, quotes taken off.
fn words(text: &str) -> Vec<String> {
    let (mut all, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for character in text.chars() {
        match (quote, character) {
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (Some(open), _) if open == character => quote = None,
            (None, ' ') => all.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    all.extend(word);
    all
}

#[test]
fn lines_are_joined_and_taken_apart() {
    let text = [
        "$ A=1 gemwatch replay a --alerts b | head -n 1 # first",
        "echo 'x|{\"a\":",
        "  1}' |",
        "  tr -d '\\n'",
        "cargo run --release -- demo \\",
        "  --beds 2 > log",
        "words of prose",
    ];
    let lines = lines(&Block { language: None, at: 10, lines: text.map(str::to_owned).to_vec() });
    let found: Vec<(usize, Vec<String>)> =
        lines.iter().map(|line| (line.at, line.calls.iter().map(|call| call.join(" ")).collect())).collect();
    let expected = [
        (10, vec!["gemwatch replay a --alerts b", "head -n 1"]),
        (11, vec!["echo x|{\"a\": 1}", "tr -d \\n"]),
        (14, vec!["gemwatch demo --beds 2"]),
    ];
    assert_eq!(found, expected.map(|(at, calls)| (at, calls.into_iter().map(str::to_owned).collect())));
    assert!(matches!(fate(&lines[0]), Ok(Fate::Run(_))));
    assert!(matches!(fate(&lines[2]), Ok(Fate::NotRun(_))));
    let unknown = Line { at: 1, text: "frobnicate".into(), calls: vec![vec!["frobnicate".into()]] };
    assert!(fate(&unknown).is_err());
}
