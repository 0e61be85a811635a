//! What stands in `deploy/` fits the program: names of metrics, settings, topics and roles. Whether Helm, Prometheus and Compose
//! can read it is for `.ci/deploy.sh`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use gemwatch::broker::Topics;
use gemwatch::config::Config;
use serde_json::Value;

const CHART: &str = "deploy/helm/gemwatch";
const MAKES_TOPICS: &str = "deploy/helm/gemwatch/templates/topics-job.yaml";
const NAMES_TOPICS: &str = "deploy/helm/gemwatch/templates/_names.tpl";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files below a folder, links left out.
fn files(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(root().join(folder)).sort_by_file_name();
    let files: Vec<_> = entries.into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file()).collect();
    assert!(!files.is_empty());
    files.into_iter().map(walkdir::DirEntry::into_path).collect()
}

/// The words of a text that begin like our metrics do.
fn metrics(text: &str) -> BTreeSet<&str> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    text.split(|character| !is_part(character)).filter(|word| word.starts_with("gemwatch_")).collect()
}

/// The metrics of the table in `src/telemetry/mod.rs`, as Prometheus stores them.
fn known_metrics() -> BTreeSet<String> {
    let source = text("src/telemetry/mod.rs");
    let rows = source.lines().filter_map(|line| line.strip_prefix("//! | `gemwatch."));
    let series = rows.flat_map(|row| {
        let name = *metrics(row).first().unwrap_or_else(|| panic!("{row} has no name for /metrics"));
        let parts: &[&str] = if row.contains("histogram") { &["_bucket", "_sum", "_count"] } else { &[""] };
        parts.iter().map(move |part| format!("{name}{part}"))
    });
    series.collect()
}

#[test]
fn every_metric_that_is_named_exists() {
    let known = known_metrics();
    assert!(known.contains("gemwatch_alarm_delay_seconds_bucket") && known.contains("gemwatch_beds_open"));
    let machines = |path: &PathBuf| path.extension().is_some_and(|ending| ending != "md");
    let strange: Vec<_> = files("deploy")
        .iter()
        .filter(|path| machines(path))
        .flat_map(|path| {
            let text = fs::read_to_string(path).unwrap();
            // Comments may speak of a histogram by its name alone.
            let code: String =
                text.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n");
            let unknown = metrics(&code).into_iter().filter(|name| !known.contains(*name));
            unknown.map(|name| format!("{name} in {}", path.display())).collect::<Vec<_>>()
        })
        .collect();
    assert!(strange.is_empty(), "not in the table of src/telemetry/mod.rs:\n{}", strange.join("\n"));
}

#[test]
fn every_counter_of_what_is_left_out_is_on_a_dashboard() {
    let dashboards: String =
        files("deploy/grafana/dashboards").iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let shown = metrics(&dashboards);
    let lost =
        ["_rejected_total", "_dropped_total", "_failures_total", "_refused_total", "_stalls_total", "_behind_total"];
    let hidden: Vec<_> = known_metrics()
        .into_iter()
        .filter(|name| lost.iter().any(|end| name.ends_with(end)) && !shown.contains(name.as_str()))
        .collect();
    assert!(hidden.is_empty(), "on no dashboard: {hidden:?}");
}

/// A settings file with the files that it names for secrets in a folder of the test.
fn with_secrets(settings: &str, folder: &Path) -> PathBuf {
    const MOUNTED: &str = "/run/secrets/gemwatch/";
    for part in settings.split(MOUNTED).skip(1) {
        let path = folder.join(part.split('"').next().unwrap());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "0123456789abcdef0123456789abcdef").unwrap();
    }
    let path = folder.join("gemwatch.toml");
    fs::write(&path, settings.replace(MOUNTED, &format!("{}/", folder.display()))).unwrap();
    path
}

#[test]
fn every_settings_file_that_the_chart_renders_can_be_loaded() {
    let rendered: Vec<_> = files(Path::new(CHART).join("ci"))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    assert!(rendered.len() >= 7, "{rendered:?}");
    for path in rendered {
        let folder = tempfile::tempdir().unwrap();
        let settings = with_secrets(&fs::read_to_string(&path).unwrap(), folder.path());
        let config = Config::layered(Some(&settings), []).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_ne!(config.kafka.brokers, "localhost:9092", "{}", path.display());
    }
}

#[test]
fn the_chart_checks_settings_by_the_schema_of_the_program() {
    let path = Path::new(CHART).join("values.schema.json");
    let mut values: Value = serde_json::from_str(&text(&path)).unwrap();
    let mut schema = serde_json::to_value(Config::json_schema()).unwrap();
    schema.as_object_mut().unwrap().remove("$schema");
    if std::env::var_os("GEMWATCH_WRITE").is_some() {
        values["properties"]["settings"] = schema.clone();
        fs::write(root().join(&path), serde_json::to_string_pretty(&values).unwrap() + "\n").unwrap();
    }
    assert!(values["properties"]["settings"] == schema, "GEMWATCH_WRITE=1 cargo test --test deploy writes it anew");
}

#[test]
fn every_topic_is_made_with_its_cleanup_policy() {
    let (compose, job, names) = (text("deploy/compose.yaml"), text(MAKES_TOPICS), text(NAMES_TOPICS));
    let topics = Topics::default();
    let values = serde_json::to_value(Config::json_schema()).unwrap();
    let keys = values["properties"]["kafka"]["properties"]["topics"]["properties"].as_object().unwrap();
    assert_eq!(keys.len(), topics.names().len());
    for topic in topics.names() {
        let made = compose.lines().find(|line| line.trim_start().starts_with(&format!("create {topic} ")));
        let made = made.unwrap_or_else(|| panic!("compose.yaml does not make {topic}"));
        assert_eq!(made.contains("cleanup.policy=compact"), topics.compacted().contains(&topic), "{made}");
        let key = topic.trim_start_matches("ecg.").replace('-', "_");
        assert!(
            keys.contains_key(&key) && names.contains(&format!("\"{key}\" \"{topic}\"")),
            "{NAMES_TOPICS}: {topic}"
        );
        assert_eq!(job.contains(&format!("\"{key}\"")), topics.compacted().contains(&topic), "{MAKES_TOPICS}: {topic}");
    }
}

#[test]
fn the_roles_of_the_chart_are_those_of_the_program() {
    let values: Value = serde_json::from_str(&text(Path::new(CHART).join("values.schema.json"))).unwrap();
    let of_chart: BTreeSet<_> =
        values["properties"]["roles"]["properties"].as_object().unwrap().keys().cloned().collect();
    let help = text("tests/snapshots/cli__help_run.snap");
    let of_program: BTreeSet<_> = ["all", "monitor", "reader", "board"]
        .into_iter()
        .filter(|role| help.contains(&format!("- {role}:")) || help.contains(&format!("  {role} ")))
        .map(str::to_owned)
        .collect();
    assert_eq!(of_chart, of_program);
}

#[test]
fn every_alert_rule_is_explained_and_tried() {
    let (rules, runbook, tests) =
        (text("deploy/prometheus/rules.yaml"), text("deploy/runbook.md"), text("deploy/prometheus/rules.test.yaml"));
    let alerts: Vec<_> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() > 10);
    for alert in alerts {
        assert!(runbook.contains(&format!("| `{alert}` |")), "deploy/runbook.md does not explain {alert}");
        assert!(
            tests.contains(&format!("\"{alert}\"")) || tests.contains(&format!("alertname: {alert}\n")),
            "{alert} is not tried"
        );
    }
}
