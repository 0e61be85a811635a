//! Who may use whom: every `crate::` path in the sources leads down the stairs of `ARCHITECTURE.md`, and in no circle.
//!
//! The stairs are written down here a second time, for a machine. Tests within the sources may use whatever they need.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// From the roof down. A module may use what stands on a lower step, and beside it what does not use it in turn.
const STAIRS: [&[&str]; 9] = [
    &["main", "cli"],
    &["dataset", "evaluate", "pipeline", "validate"],
    &["board", "publish", "source", "ward"],
    &["wire", "triage", "bed"],
    &["alarm", "grounding"],
    &["criteria"],
    &["rhythm", "measure"],
    &["beats"],
    &["gem", "paper", "signal"],
];

/// Below all stairs.
const GROUND: &str = "ecg";

/// Beside the stairs: the module, what it may use, who may use it.
const BESIDE: [(&str, &[&str], &[&str]); 5] = [
    ("chat", &[], &["dataset", "evaluate", "cli"]),
    ("broker", &[], &["source", "publish", "pipeline", "cli", "config"]),
    ("config", &["alarm", "broker", "http", "telemetry"], &["cli"]),
    ("http", &["telemetry"], &["board", "config", "cli"]),
    ("telemetry", &["alarm", "wire", "source"], &["board", "pipeline", "config", "http", "cli"]),
];

/// One use of a module by another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Arrow {
    from: String,
    to: String,
    file: PathBuf,
    line: usize,
}

fn step(module: &str) -> Option<usize> {
    STAIRS.iter().position(|step| step.contains(&module)).or((module == GROUND).then_some(STAIRS.len()))
}

fn is_allowed(from: &str, to: &str) -> bool {
    let beside = |module: &str| BESIDE.iter().find(|(name, ..)| *name == module);
    match (beside(from), beside(to)) {
        (Some((_, may_use, _)), None) => may_use.contains(&to),
        (None, Some((.., used_by))) => used_by.contains(&from),
        (Some((_, may_use, _)), Some((.., used_by))) => may_use.contains(&to) && used_by.contains(&from),
        (None, None) => matches!((step(from), step(to)), (Some(from), Some(to)) if from <= to),
    }
}

/// The modules of the library as `src/lib.rs` lists them.
fn modules(root: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(root.join("lib.rs")).unwrap();
    let name = |line: &str| Some(line.strip_prefix("pub mod ")?.strip_suffix(';')?.to_owned());
    text.lines().filter_map(name).collect()
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy();
        let is_test = name == "tests" || name.ends_with("_tests");
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_test {
            found.push(path);
        }
    }
    found.sort();
}

/// The source without comments and without everything from the first test on; lines stay where they are.
fn code_of(text: &str) -> String {
    let production = text.lines().take_while(|line| line.trim() != "#[cfg(test)]");
    production.map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The first names of all paths that begin with one of these roots, each with its line: of `crate::a::b` it is `a`, of
/// `crate::{a::{b, c}, d}` they are `a` and `d`.
fn first_names(code: &str, roots: &[String]) -> Vec<(String, usize)> {
    let mut names = Vec::new();
    for root in roots {
        for (at, _) in code.match_indices(root.as_str()) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|character| character.is_alphanumeric() || "_:".contains(character)) {
                continue;
            }
            let line = code[..at].matches('\n').count() + 1;
            let path = code[at + root.len()..].trim_start();
            let group = path.strip_prefix('{').map(own_entries);
            let entries = group.unwrap_or_else(|| vec![path.to_owned()]);
            let name = |entry: &String| -> String {
                entry
                    .trim_start()
                    .chars()
                    .take_while(|character| character.is_alphanumeric() || *character == '_')
                    .collect()
            };
            names.extend(entries.iter().map(name).filter(|name| !name.is_empty()).map(|name| (name, line)));
        }
    }
    names
}

/// The entries of a group in braces whose opening brace was taken, without what is in inner braces.
fn own_entries(group: &str) -> Vec<String> {
    let (mut depth, mut entries) = (1, vec![String::new()]);
    for character in group.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => entries.push(String::new()),
            _ if depth == 1 => entries.last_mut().expect("there is one from the start").push(character),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    entries
}

/// Where a file may name the top of the crate: `crate::`, and `super::` once for each module it lies in. The program
/// itself stands above the library and calls it by its name.
fn roots(relative: &Path) -> Vec<String> {
    let parts: Vec<String> = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if matches!(parts[0].as_str(), "main.rs" | "cli") {
        return vec!["gemwatch::".to_owned()];
    }
    let depth = parts.len() - usize::from(parts.last().is_some_and(|last| last == "mod.rs"));
    vec!["crate::".to_owned(), "super::".repeat(depth)]
}

fn arrows_in(relative: &Path, text: &str) -> Vec<Arrow> {
    let top = relative.iter().next().unwrap().to_string_lossy();
    let from = top.trim_end_matches(".rs").to_owned();
    let names = first_names(&code_of(text), &roots(relative));
    let arrow = |(to, line)| Arrow { from: from.clone(), to, file: Path::new("src").join(relative), line };
    names.into_iter().map(arrow).filter(|arrow| arrow.from != arrow.to).collect()
}

fn arrows() -> Vec<Arrow> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    let library =
        files.iter().map(|file| file.strip_prefix(&root).unwrap()).filter(|file| *file != Path::new("lib.rs"));
    library.flat_map(|file| arrows_in(file, &fs::read_to_string(root.join(file)).unwrap())).collect()
}

/// A way from `at` back to `start`.
fn way_back<'a>(
    start: &str,
    at: &'a str,
    uses: &'a BTreeMap<String, BTreeSet<String>>,
    seen: &mut BTreeSet<&'a str>,
) -> Option<Vec<&'a str>> {
    for next in uses.get(at)? {
        if next == start {
            return Some(vec![at]);
        }
        if seen.insert(next)
            && let Some(mut way) = way_back(start, next, uses, seen)
        {
            way.insert(0, at);
            return Some(way);
        }
    }
    None
}

/// The modules that reach themselves, each with the way.
fn circles(arrows: &[Arrow]) -> Vec<String> {
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for arrow in arrows {
        uses.entry(arrow.from.clone()).or_default().insert(arrow.to.clone());
    }
    let circle = |module: &String| {
        let way = way_back(module, module, &uses, &mut BTreeSet::new())?;
        Some(format!("{} -> {module}", way.join(" -> ")))
    };
    uses.keys().filter_map(circle).collect()
}

#[test]
fn every_module_has_its_place() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let placed: BTreeSet<String> = STAIRS.iter().flat_map(|step| step.iter()).map(|name| (*name).to_owned()).collect();
    let mut placed: BTreeSet<String> = placed.into_iter().filter(|name| name != "main" && name != "cli").collect();
    placed.insert(GROUND.to_owned());
    placed.extend(BESIDE.iter().map(|(name, ..)| (*name).to_owned()));
    assert_eq!(placed, modules(&root), "src/lib.rs and tests/layers.rs do not name the same modules");
}

#[test]
fn no_arrow_runs_back_up() {
    let arrows = arrows();
    assert!(arrows.len() > 100, "only {} uses found", arrows.len());
    let offence =
        |arrow: &Arrow| format!("{}:{}: {} may not use {}", arrow.file.display(), arrow.line, arrow.from, arrow.to);
    let offences: Vec<String> =
        arrows.iter().filter(|arrow| !is_allowed(&arrow.from, &arrow.to)).map(offence).collect();
    assert!(offences.is_empty(), "against ARCHITECTURE.md, \"Who may use whom\":\n{}", offences.join("\n"));
}

#[test]
fn no_arrows_run_in_a_circle() {
    let found = circles(&arrows());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn uses_are_found_however_they_are_written() {
    let text = "
use crate::{ecg::{Lead, Time},
    wire::Alert};
/// See crate::pipeline.
fn f() -> crate::signal::Block { super::super::publish::f(); super::detector::g(); my_crate::cli::h() }
#[cfg(test)]
mod tests { use crate::cli; }
";
    let found = arrows_in(Path::new("beats/detector.rs"), text);
    let found: Vec<(&str, usize)> = found.iter().map(|arrow| (arrow.to.as_str(), arrow.line)).collect();
    assert_eq!(found, [("ecg", 2), ("wire", 2), ("signal", 5), ("publish", 5)]);
    let found = arrows_in(Path::new("beats/mod.rs"), "use super::wire;");
    assert_eq!((found[0].to.as_str(), found.len()), ("wire", 1));
    let found = arrows_in(Path::new("cli/run.rs"), "use gemwatch::bed::Bed;\nuse super::failure::Failure;");
    assert_eq!((found[0].to.as_str(), found.len()), ("bed", 1));
}

#[test]
fn offences_are_seen() {
    let refused = [("beats", "wire"), ("ecg", "signal"), ("signal", "beats"), ("bed", "telemetry"), ("broker", "ecg")];
    for (from, to) in refused.into_iter().chain([("pipeline", "config"), ("wire", "somewhere"), ("bed", "cli")]) {
        assert!(!is_allowed(from, to), "{from} uses {to}");
    }
    let arrow = |from: &str, to: &str| Arrow { from: from.into(), to: to.into(), file: PathBuf::new(), line: 1 };
    let triangle = [arrow("wire", "bed"), arrow("bed", "triage"), arrow("triage", "wire"), arrow("ward", "bed")];
    assert_eq!(circles(&triangle)[0], "bed -> triage -> wire -> bed");
    assert!(circles(&triangle[..2]).is_empty());
}
