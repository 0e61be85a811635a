//! Secrets in wrong settings: what is said about them names keys, files and variables, and never a value that may be secret.

#[expect(dead_code, reason = "the rest is for the tests that read recordings")]
mod program;

use std::fs;
use std::path::Path;

use gemwatch::config::Config;
use program::{gemwatch, stderr, stdout};

const IN_VARIABLE: &str = "wr0ng-in-a-variable";
const IN_FILE: &str = "wr0ng-in-a-file-of-its-own";
const IN_SETTINGS: &str = "wr0ng-in-the-settings";
const NUMBER: &str = "48151623420";
const SECRETS: [&str; 4] = [IN_VARIABLE, IN_FILE, IN_SETTINGS, NUMBER];

/// The program with this settings file; status and everything that it wrote.
fn run(folder: &Path, command: &str, settings: &str, variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let config = folder.join("ward.toml");
    fs::write(&config, settings).unwrap();
    let mut program = gemwatch();
    program.args([command, "--config"]).arg(&config).env("RUST_LOG", "trace");
    let output = program.envs(variables.iter().copied()).output().unwrap();
    (output.status.code(), stdout(&output) + &stderr(&output))
}

/// A mistake: what it is, the settings file, a variable beside it, and what must be said.
type Mistake<'a> = (&'a str, String, Option<(&'a str, &'a str)>, &'a str);

/// Both commands name the mistake and no secret.
fn assert_named_without_secrets(folder: &Path, mistakes: &[Mistake<'_>]) {
    for (what, settings, variable, expected) in mistakes {
        for command in ["doctor", "run"] {
            // Without a model, and nowhere to listen: nothing but the mistake is met.
            let mut variables = vec![("GEMWATCH_READINGS__MODEL", "none"), ("GEMWATCH_HTTP__LISTEN", "off")];
            variables.extend(variable);
            let (status, words) = run(folder, command, settings, &variables);
            assert!(matches!(status, Some(1 | 2)), "{what}: {status:?}: {words}");
            assert!(words.contains(expected), "{what}: {words}");
            for secret in SECRETS {
                assert!(!words.contains(secret), "{what}: {command} says {secret}: {words}");
            }
        }
    }
}

fn properties(line: &str) -> String {
    format!("[kafka.properties]\n{line}\n")
}

fn files(line: &str) -> String {
    format!("[kafka.property_files]\n{line}\n")
}

const PASSWORD: (&str, &str) = ("GEMWATCH_KAFKA__PROPERTIES__SASL_PASSWORD", IN_VARIABLE);

#[test]
fn a_mistake_in_the_settings_brings_no_secret_to_light() {
    let folder = tempfile::tempdir().unwrap();
    let limit = format!("alarms.asystole_s = 99\n{}", properties(&format!("\"ssl.key.password\" = {IN_SETTINGS:?}")));
    let other_section = format!("[kafka.property]\n\"sasl.password\" = {IN_SETTINGS:?}\n");
    let broker = format!("kafka.brokers = \"gemwatch:{IN_SETTINGS}@kafka:9092\"\n");
    let token = format!("telemetry.otlp_endpoint = \"https://collector:4318?token={IN_SETTINGS}\"\n");
    let endpoint = ("GEMWATCH_TELEMETRY__OTLP_ENDPOINT", "http://gemwatch:wr0ng-in-a-variable@collector:4318");
    let quoted = properties(&format!("\"sasl.password\" = \"{IN_SETTINGS}"));
    let unquoted = properties(&format!("\"sasl.password\" = {IN_SETTINGS}"));
    let number = properties(&format!("\"sasl.password\" = {NUMBER}"));
    let steps = properties(&format!("sasl.password = {IN_SETTINGS:?}"));
    let text = format!("kafka.properties = {IN_SETTINGS:?}\n");
    let elsewhere = Some(("GEMWATCH_KAFKA__SASL_PASSWORD", IN_VARIABLE));
    let only_host = "telemetry.otlp_endpoint must be http://host:port alone";
    let mistakes = [
        ("a limit out of range", limit, Some(PASSWORD), "alarms.asystole_s = 99 must lie in 3 to 10"),
        ("a password that is a number", number, None, "kafka.properties.sasl.password must be a string"),
        ("a property without quotes", steps, None, "kafka.properties.sasl must be a string"),
        ("a quote that is missing", quoted, None, "is no valid TOML: at line 2"),
        ("quotes that are missing", unquoted, None, "is no valid TOML: at line 2"),
        ("a section of another name", other_section, elsewhere, "kafka.property is not a key"),
        ("a table that is a text", text, None, "kafka.properties must be a map"),
        ("a password in the address of the broker", broker, None, "kafka.brokers must be host:port alone"),
        ("a password in the address of the collector", String::new(), Some(endpoint), only_host),
        ("a token in the address of the collector", token, None, only_host),
    ];
    assert_named_without_secrets(folder.path(), &mistakes);
}

#[test]
fn a_mistake_about_a_secret_does_not_bring_it_to_light() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (password, empty) = (file("password", IN_FILE.as_bytes()), file("empty", b"\n"));
    let twice = files(&format!("\"sasl.password\" = {password:?}"));
    let nothing = files(&format!("\"sasl.password\" = {empty:?}\n\"ssl.key.password\" = \"/no/such/file\""));
    let short = format!("pseudonyms.key_file = {password:?}\n");
    let misspelt = properties(&format!("\"sasl.pasword\" = {IN_SETTINGS:?}"));
    let no_key = properties(&format!("\"security.protocol\" = \"ssl\"\n\"ssl.key.pem\" = {IN_SETTINGS:?}"));
    let ours = files(&format!("\"group.id\" = {password:?}"));
    let mistakes = [
        ("twice", twice, Some(PASSWORD), "sets what kafka.properties.sasl.password sets too: leave out one of the two"),
        (
            "files that hold nothing, and that are not there",
            nothing,
            None,
            "kafka.property_files.ssl.key.password = \"/no/such/file\" cannot be read: No such file or directory",
        ),
        ("a key that is too short", short, None, "holds 26 bytes, at least 32 are needed"),
        ("a misspelt property", misspelt, None, "kafka property sasl.pasword is none of librdkafka's"),
        ("a key that is none", no_key, None, "ssl.key.pem"),
        ("a property that is ours", ours, Some(PASSWORD), "kafka property group.id cannot be set: it is kafka.group"),
    ];
    assert_named_without_secrets(folder.path(), &mistakes);
}

#[test]
fn a_property_is_what_stands_in_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    let config = folder.path().join("ward.toml");
    fs::write(&config, format!("[kafka.property_files]\n\"sasl.password\" = {:?}\n", path.to_str().unwrap())).unwrap();
    for (text, expected) in [
        ("wr0ng word", "wr0ng word"),
        ("wr0ng word\n", "wr0ng word"),
        ("wr0ng word\r\n", "wr0ng word"),
        ("wr0ng word\n\n", "wr0ng word\n"),
        (" wr0ng", " wr0ng"),
    ] {
        fs::write(&path, text).unwrap();
        let settings = Config::layered(Some(&config), []).unwrap().kafka;
        assert_eq!(settings.properties["sasl.password"], expected);
        assert!(settings.property_files.is_empty() && !format!("{settings:?}").contains("wr0ng"));
    }
    fs::write(&config, "").unwrap();
    let variable = ("GEMWATCH_KAFKA__PROPERTY_FILES__SSL_KEY_PASSWORD".to_owned(), path.to_str().unwrap().to_owned());
    let settings = Config::layered(Some(&config), [variable.clone()]).unwrap().kafka;
    assert_eq!(settings.properties["ssl.key.password"], " wr0ng");

    for (bytes, problem) in [
        (vec![b'a'; (64 << 10) + 1], "is longer than 65536 bytes"),
        (vec![0xff], "holds what is no text"),
        (b"a\0b".to_vec(), "holds what is no text"),
        (vec![], "is empty"),
    ] {
        fs::write(&path, bytes).unwrap();
        let error = Config::layered(Some(&config), [variable.clone()]).unwrap_err().to_string();
        let expected = format!("kafka.property_files.ssl.key.password = {:?} {problem}", path.to_str().unwrap());
        assert!(error.contains(&expected), "{error}");
        assert!(
            error.contains("(set in environment variable GEMWATCH_KAFKA__PROPERTY_FILES__SSL_KEY_PASSWORD)"),
            "{error}"
        );
    }
}

#[test]
fn the_key_of_pseudonyms_is_every_byte_of_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let key = [&[0xff; 31][..], b"\n"].concat();
    fs::write(&path, &key).unwrap();
    let variable = |path: &Path| ("GEMWATCH_PSEUDONYMS__KEY_FILE".to_owned(), path.to_str().unwrap().to_owned());
    let config = Config::layered(None, [variable(&path)]).unwrap();
    assert_eq!(config.pseudonyms.key(), Some(&key[..]));
    assert!(!format!("{config:?}").contains("255"), "{config:?}");
    assert_eq!(Config::default().pseudonyms.key(), None);
    let error = Config::layered(None, [variable(folder.path())]).unwrap_err().to_string();
    assert!(error.contains("pseudonyms.key_file = ") && error.contains("cannot be read"), "{error}");
}
