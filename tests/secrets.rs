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

#[test]
fn no_mistake_brings_a_secret_to_light() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (password, empty) = (file("password", IN_FILE.as_bytes()), file("empty", b"\n"));
    let short = file("short", IN_FILE.as_bytes());
    let variable = ("GEMWATCH_KAFKA__PROPERTIES__SASL_PASSWORD", IN_VARIABLE);
    let files = |line: &str| format!("[kafka.property_files]\n{line}\n");
    let cases: [(&str, String, &[(&str, &str)], &str); 16] = [
        (
            "a limit out of range beside passwords",
            format!(
                "alarms.asystole_s = 99\n[kafka.properties]\n\"ssl.key.password\" = {IN_SETTINGS:?}\n{}",
                files(&format!("\"ssl.keystore.password\" = {password:?}"))
            ),
            &[variable],
            "alarms.asystole_s = 99 must lie in 3 to 10",
        ),
        (
            "a password that is a number",
            format!("[kafka.properties]\n\"sasl.password\" = {NUMBER}\n"),
            &[],
            "kafka.properties.sasl.password must be a string",
        ),
        (
            "a property without quotes",
            format!("[kafka.properties]\nsasl.password = {IN_SETTINGS:?}\n"),
            &[],
            "kafka.properties.sasl must be a string",
        ),
        (
            "a quote that is missing",
            format!("[kafka.properties]\n\"sasl.password\" = \"{IN_SETTINGS}\n"),
            &[],
            "is no valid TOML: at line 2",
        ),
        (
            "quotes that are missing",
            format!("[kafka.properties]\n\"sasl.password\" = {IN_SETTINGS}\n"),
            &[],
            "is no valid TOML: at line 2",
        ),
        (
            "a section of another name",
            format!("[kafka.property]\n\"sasl.password\" = {IN_SETTINGS:?}\n"),
            &[("GEMWATCH_KAFKA__SASL_PASSWORD", IN_VARIABLE)],
            "kafka.property is not a key",
        ),
        (
            "a table that is a text",
            format!("kafka.properties = {IN_SETTINGS:?}\n"),
            &[],
            "kafka.properties must be a map",
        ),
        (
            "a password in the address of the broker",
            format!("kafka.brokers = \"gemwatch:{IN_SETTINGS}@kafka:9092\"\n"),
            &[],
            "kafka.brokers must be host:port alone",
        ),
        (
            "a password in the address of the collector",
            String::new(),
            &[("GEMWATCH_TELEMETRY__OTLP_ENDPOINT", "http://gemwatch:wr0ng-in-a-variable@collector:4318")],
            "telemetry.otlp_endpoint must be http://host:port alone",
        ),
        (
            "a token in the address of the collector",
            format!("telemetry.otlp_endpoint = \"https://collector:4318?token={IN_SETTINGS}\"\n"),
            &[],
            "telemetry.otlp_endpoint must be http://host:port alone",
        ),
        (
            "a password twice",
            files(&format!("\"sasl.password\" = {password:?}")),
            &[variable],
            "sets what kafka.properties.sasl.password sets too: leave out one of the two",
        ),
        (
            "files that hold nothing, and that are not there",
            files(&format!("\"sasl.password\" = {empty:?}\n\"ssl.key.password\" = \"/no/such/file\"")),
            &[],
            "kafka.property_files.ssl.key.password = \"/no/such/file\" cannot be read: No such file or directory",
        ),
        (
            "a key that is too short",
            format!("pseudonyms.key_file = {short:?}\n"),
            &[],
            "holds 26 bytes, at least 32 are needed",
        ),
        (
            "a property that is misspelt",
            format!("[kafka.properties]\n\"sasl.pasword\" = {IN_SETTINGS:?}\n"),
            &[],
            "kafka property sasl.pasword is none of librdkafka's",
        ),
        (
            "a key that is none",
            format!("[kafka.properties]\n\"security.protocol\" = \"ssl\"\n\"ssl.key.pem\" = {IN_SETTINGS:?}\n"),
            &[],
            "ssl.key.pem",
        ),
        (
            "a property that is ours",
            files(&format!("\"group.id\" = {password:?}")),
            &[variable],
            "kafka property group.id cannot be set: it is kafka.group",
        ),
    ];
    for (what, settings, variables, expected) in cases {
        for command in ["doctor", "run"] {
            // Without a model, and nowhere to listen: nothing but the mistake is met.
            let alone = [("GEMWATCH_READINGS__MODEL", "none"), ("GEMWATCH_HTTP__LISTEN", "off")];
            let (status, words) = run(folder.path(), command, &settings, &[variables, &alone].concat());
            assert!(matches!(status, Some(1 | 2)), "{what}: {status:?}: {words}");
            assert!(words.contains(expected), "{what}: {words}");
            for secret in SECRETS {
                assert!(!words.contains(secret), "{what}: {command} says {secret}: {words}");
            }
        }
    }
}

#[test]
fn a_property_is_what_stands_in_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    let config = folder.path().join("ward.toml");
    fs::write(&config, format!("[kafka.property_files]\n\"sasl.password\" = {:?}\n", path.to_str().unwrap())).unwrap();
    for (text, expected) in [("a b", "a b"), ("a b\n", "a b"), ("a b\r\n", "a b"), ("a b\n\n", "a b\n"), (" a", " a")] {
        fs::write(&path, text).unwrap();
        let settings = Config::layered(Some(&config), []).unwrap().kafka;
        assert_eq!(settings.properties["sasl.password"], expected);
        assert!(settings.property_files.is_empty() && !format!("{settings:?}").contains(expected));
    }
    fs::write(&config, "").unwrap();
    let variable = ("GEMWATCH_KAFKA__PROPERTY_FILES__SSL_KEY_PASSWORD".to_owned(), path.to_str().unwrap().to_owned());
    let settings = Config::layered(Some(&config), [variable.clone()]).unwrap().kafka;
    assert_eq!(settings.properties["ssl.key.password"], " a");

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
