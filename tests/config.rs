//! The settings as a hospital meets them: layers, mistakes, the manual and the schema.

use std::{env, fs, path::Path};

use gemwatch::{
    alarm::Limits,
    config::{Config, ConfigErrors, Device, ModelSource},
    http::Listen,
    telemetry::LogFormat,
};
use proptest::prelude::*;
use serde_json::Value;

const MANUAL: &str = include_str!("../config/gemwatch.toml");
const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/schemas/config.schema.json");

/// Settings with this text as the file and these variables.
fn load(file: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ward.toml");
    fs::write(&path, file).unwrap();
    Config::layered(Some(&path), owned(variables))
}

fn owned(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// What is said about wrong settings, without the folder of the file.
fn mistakes(file: &str, variables: &[(&str, &str)]) -> String {
    let text = load(file, variables).unwrap_err().to_string();
    text.split(' ')
        .map(|word| if word.starts_with('/') { word.rsplit('/').next().unwrap() } else { word })
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn without_file_and_variables_the_compiled_in_settings_hold() {
    let config = Config::layered(None, []).unwrap();
    assert_eq!(config, Config::default());
    assert_eq!(config.alarms, Limits::default());
    assert_eq!(config.kafka.topics.dead_letters, "ecg.dead-letters");
    assert_eq!(config.readings.model, ModelSource::Shipped);
    assert_eq!(config.http.listen, Listen::At("127.0.0.1:9464".parse().unwrap()));
    assert_eq!(config.telemetry.otlp_endpoint, None);
}

#[test]
fn the_file_overrules_the_defaults_and_variables_overrule_the_file() {
    let file = r#"
        kafka.brokers = "one:9092"
        kafka.group = "file"
        kafka.properties = { "linger.ms" = "5" }
        readings = { model = "/models/gem", device = "cpu", threads = 4 }
        http.listen = "off"
    "#;
    let config = load(
        file,
        &[
            ("GEMWATCH_KAFKA__GROUP", "007"),
            ("GEMWATCH_KAFKA__PROPERTIES__SASL_PASSWORD", "0123"),
            ("GEMWATCH_ALARMS__ASYSTOLE_S", "5"),
            ("GEMWATCH_READINGS__THREADS", "8"),
            ("GEMWATCH_READINGS__ONNXRUNTIME", "/opt/libonnxruntime.so"),
            ("GEMWATCH_TELEMETRY__LOG_FORMAT", "json"),
            ("GEMWATCH_KAFKA_CACHE", "/var/cache"),
            // Found by fuzzing: not read as a text in quotes, which the library that types the settings broke off at.
            ("GEMWATCH_KAFKA__PROPERTIES__SASL_USERNAME", r#""é\t""#),
            ("GEMWATCH_READINGS__QUEUE", " 16"),
            ("GEMWATCH_RECORDINGS", "no setting, and none that looks like one"),
            ("PATH", "/bin"),
        ],
    )
    .unwrap();
    assert_eq!(config.kafka.brokers, "one:9092");
    assert_eq!(config.kafka.group, "007", "text stays text");
    assert_eq!(config.kafka.properties["linger.ms"], "5");
    assert_eq!(config.kafka.properties["sasl.password"], "0123");
    assert_eq!(config.kafka.properties["sasl.username"], r#""é\t""#);
    assert_eq!(config.readings.queue, 16);
    assert_eq!(config.alarms, Limits { asystole_s: 5.0, ..Limits::default() });
    assert_eq!(config.readings.model, ModelSource::Path("/models/gem".into()));
    assert_eq!((config.readings.device, config.readings.threads), (Device::Cpu, 8));
    assert_eq!(config.readings.onnxruntime.as_deref(), Some(Path::new("/opt/libonnxruntime.so")));
    assert_eq!(config.http.listen, Listen::Off);
    assert_eq!(config.telemetry.log_format, LogFormat::Json);
}

#[test]
fn a_profile_stands_below_the_own_limits() {
    let child = load("profile = \"child\"", &[]).unwrap().alarms;
    assert_eq!((child.extreme_tachycardia_bpm, child.extreme_bradycardia_bpm), (180.0, 60.0));
    let neonate = load("profile = \"child\"", &[("GEMWATCH_PROFILE", "neonate")]).unwrap().alarms;
    assert_eq!((neonate.asystole_s, neonate.extreme_tachycardia_bpm), (3.0, 220.0));
    let own = load("profile = \"neonate\"\n[alarms]\nasystole_s = 3.5", &[]).unwrap().alarms;
    assert_eq!((own.asystole_s, own.extreme_tachycardia_bpm), (3.5, 220.0));
}

#[test]
fn the_settings_of_the_containers_are_valid() {
    let variables: Vec<_> = include_str!("../deploy/compose.yaml")
        .lines()
        .filter_map(|line| line.trim().split_once(": "))
        .filter(|(name, _)| name.starts_with("GEMWATCH_"))
        .collect();
    let config = load(include_str!("../deploy/gemwatch.toml"), &variables).unwrap();
    assert_eq!(config.kafka.brokers, "kafka:9092");
    assert_eq!(config.http.listen, Listen::At("0.0.0.0:9464".parse().unwrap()));
}

#[test]
fn every_profile_is_valid_and_a_copied_manual_leaves_it_in_force() {
    for profile in ["adult", "child", "neonate"] {
        let config = load("", &[("GEMWATCH_PROFILE", profile)]).unwrap();
        config.check().unwrap();
        assert_eq!(load(MANUAL, &[("GEMWATCH_PROFILE", profile)]).unwrap(), config, "{profile}");
    }
}

#[test]
fn all_mistakes_are_named_at_once_with_value_range_and_place() {
    let file = r#"
        profil = "adult"
        [kafka]
        brokers = "a:9092,"
        instance = "icu 7"
        topics.vitals = "ecg.alerts"
        topics.alerts = "ecg alerts"
        [alarms]
        asystole_s = 12
        extreme_tachycardia_beats = 17.5
        extreme_bradycardia_bpm = "slow"
        [readings]
        queue = -1
        max_new_tokens = 0
        device = "gpu"
        round_s = nan
        [http]
        listen = "localhost:9464"
    "#;
    let variables = [
        ("GEMWATCH_ALARMS__NO_DATA_S", "99"),
        ("GEMWATCH_KAFKA_BROKERS", "b:9092"),
        ("GEMWATCH_KAFKA__", ""),
        ("GEMWATCH_READINGS__ROUNDS", "1"),
        ("GEMWATCH_TELEMETRY__LOG", "info,gemwatch=loud"),
        ("GEMWATCH_TELEMETRY__LOG_FORMAT", "xml"),
        ("GEMWATCH_TELEMETRY__OTLP_ENDPOINT", "https://collector:4318"),
    ];
    insta::assert_snapshot!(mistakes(file, &variables));
}

#[test]
fn limits_that_contradict_one_another_are_refused() {
    let limits = "alarms = { extreme_bradycardia_bpm = 90, extreme_tachycardia_bpm = 80 }";
    insta::assert_snapshot!(mistakes(limits, &[]), @r"
    the settings cannot be used:
      - alarms.extreme_bradycardia_bpm = 90 must lie below alarms.extreme_tachycardia_bpm = 80 (set in ward.toml)
    ");
}

#[test]
fn the_model_runs_where_and_in_as_much_memory_as_is_said() {
    let readings = load("readings = { device = \"cuda:1\", kv_budget_mib = 40960 }", &[]).unwrap().readings;
    assert_eq!((readings.device, readings.kv_budget_mib), (Device::Cuda(1), 40960));
    insta::assert_snapshot!(mistakes("readings.kv_budget_mib = 0", &[]), @r"
    the settings cannot be used:
      - readings.kv_budget_mib = 0 must lie in 1 to 1048576 (set in ward.toml)
    ");
}

#[test]
fn a_door_that_would_stand_open_is_refused() {
    let file = r#"
        [http]
        tls_key_file = "/run/secrets/key"
        requests_a_second = 0
        connections = 1
        [http.oidc]
        issuer = "http://login.example"
        jwks_url = "login.example"
    "#;
    insta::assert_snapshot!(mistakes(file, &[]));
    let tokens =
        load("http.tokens = { board = \"/run/secrets/board\" }", &[("GEMWATCH_HTTP__TOKENS__SCRAPER", "/s")]).unwrap();
    let tokens: Vec<(&str, &Path)> =
        tokens.http.tokens.iter().map(|(name, path)| (name.as_str(), path.as_path())).collect();
    assert_eq!(tokens, [("board", Path::new("/run/secrets/board")), ("scraper", Path::new("/s"))]);
}

#[test]
fn secrets_are_not_shown() {
    let text = mistakes("kafka.properties = { \"sasl.password\" = 123456 }", &[]);
    insta::assert_snapshot!(text, @r"
    the settings cannot be used:
      - kafka.properties.sasl.password must be a string (set in ward.toml)
    ");
    let variables = [("GEMWATCH_KAFKA__PROPERTIES", "hunter2")];
    assert!(!mistakes("", &variables).contains("hunter2"));
}

#[test]
fn a_file_that_cannot_be_used_is_named() {
    insta::assert_snapshot!(mistakes("[kafka]\nbrokers = nothing", &[("GEMWATCH_READINGS__QUEUE", "0")]), @r#"
    the settings cannot be used:
      - ward.toml is no valid TOML: at line 2, column 11: invalid string: expected `"`, `'`
      - readings.queue = 0 must lie in 1 to 10000 (set in environment variable GEMWATCH_READINGS__QUEUE)
    "#);
    let missing = Config::layered(Some(Path::new("/no/such/file.toml")), []).unwrap_err().to_string();
    assert!(missing.contains("cannot read /no/such/file.toml: No such file"), "{missing}");
    let large = mistakes(&"#".repeat((1 << 20) + 1), &[]);
    assert!(large.contains("is larger than 1048576 bytes"), "{large}");
}

#[test]
fn the_schema_is_current() {
    let schema = serde_json::to_string_pretty(&Config::json_schema()).unwrap() + "\n";
    if env::var_os("GEMWATCH_WRITE").is_some() {
        fs::create_dir_all(Path::new(SCHEMA).parent().unwrap()).unwrap();
        fs::write(SCHEMA, &schema).unwrap();
    }
    let written = fs::read_to_string(SCHEMA).unwrap_or_default();
    assert!(written == schema, "{SCHEMA} is not current: GEMWATCH_WRITE=1 cargo test --test config writes it anew");
}

#[test]
fn the_schema_takes_the_manual_and_no_unknown_key() {
    let schema = jsonschema::validator_for(&serde_json::to_value(Config::json_schema()).unwrap()).unwrap();
    let json = |text: &str| serde_json::to_value(figment_value(text)).unwrap();
    schema.validate(&json(MANUAL)).unwrap();
    assert!(schema.is_valid(&json("")), "no key is required");
    assert!(!schema.is_valid(&json("kafka.broker = \"a\"")));
    assert!(!schema.is_valid(&json("readings.queue = 0")));
    assert!(!schema.is_valid(&json("alarms.asystole_s = \"4\"")));
}

fn figment_value(text: &str) -> figment::value::Dict {
    use figment::providers::{Format, Toml};
    Toml::from_str(text).unwrap()
}

#[test]
fn the_manual_explains_every_key() {
    let mut keys = vec![];
    leaves(&serde_json::to_value(Config::json_schema()).unwrap(), "", &mut keys);
    assert!(keys.len() > 20, "{keys:?}");
    for key in keys {
        let (section, name) = key.rsplit_once('.').unwrap_or(("", &key));
        let lines: Vec<&str> = MANUAL.lines().collect();
        let from = if section.is_empty() {
            0
        } else {
            lines.iter().position(|line| *line == format!("[{section}]")).unwrap() + 1
        };
        let own = lines[from..].iter().take_while(|line| !line.starts_with('['));
        let at = own.clone().position(|line| line.trim_start_matches("# ").starts_with(&format!("{name} = ")));
        let at = from + at.unwrap_or_else(|| panic!("{key} is missing in config/gemwatch.toml"));
        assert!(
            lines[at - 1].starts_with("# ") && lines[at - 1].ends_with('.') || lines[at - 1].ends_with(')'),
            "{key} has no explanation"
        );
    }
}

/// The keys that hold a value, not a section.
fn leaves(schema: &Value, path: &str, keys: &mut Vec<String>) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        if !["kafka.properties", "kafka.property_files", "http.tokens"].contains(&path) {
            keys.push(path.to_owned());
        }
        return;
    };
    for (name, inner) in properties {
        leaves(inner, &if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, keys);
    }
}

/// Keys that exist, keys that nearly do, and values that fit some of them.
fn settings() -> impl Strategy<Value = Vec<(String, String)>> {
    let section = prop::sample::select(vec!["PROFILE", "KAFKA", "ALARMS", "READINGS", "HTTP", "TELEMETRY", "X"]);
    let key = prop::sample::select(vec![
        "",
        "_",
        "__BROKERS",
        "__TOPICS__ALERTS",
        "__PROPERTIES__A_B",
        "__ASYSTOLE_S",
        "__QUEUE",
        "__LISTEN",
        "__LOG",
        "__A__B__C",
    ]);
    let value = prop_oneof!["[0-9.eE+-]{0,8}", "\\PC{0,12}", "\"[é\\\\a]{0,6}\"", Just("{a={b=[1,\"x\"]}}".to_owned())];
    prop::collection::vec((section, key, value), 0..6).prop_map(|all| {
        all.into_iter().map(|(section, key, value)| (format!("GEMWATCH_{section}{key}"), value)).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: prop::test_runner::RngSeed::Fixed(11), ..ProptestConfig::default() })]

    #[test]
    fn no_environment_breaks_the_loading(variables in settings()) {
        match Config::layered(None, variables) {
            Ok(config) => config.check().unwrap(),
            Err(errors) => prop_assert!(!errors.0.is_empty()),
        }
    }

    #[test]
    fn no_file_breaks_the_loading(text in "(\\[[a-z.]{0,12}\\]\n|[a-z.\"]{1,12} ?= ?[a-z0-9.\"{}\\[\\]]{0,8}\n|profile = [\"a-z]{0,9}\n){0,5}") {
        if let Err(errors) = load(&text, &[]) {
            prop_assert!(!errors.0.is_empty());
        }
    }
}
