//! Files that the program is given: records, readings, settings, questions and answers.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::kind::{Kind, Outcome};
use dicom_file::EXPLICIT;

#[path = "../other_formats/dicom_file.rs"]
mod dicom_file;
#[path = "../other_formats/edf_file.rs"]
#[expect(dead_code, reason = "the rest is for tests/other_formats.rs")]
mod edf_file;

/// Writes the files of a kind into a folder and gives the arguments of the program.
pub type Prepare = fn(&Path) -> Vec<String>;

/// The header of a record of two seconds.
const HEADER: &str = "r 1 500 1000\nr.dat 16 200(0)/mV 16 0 0 0 0 II\n";

fn kind(name: &'static str, outcome: Outcome, input: Prepare) -> Kind<Prepare> {
    Kind { name, outcome, input }
}

fn arguments(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A record with this header and so many bytes of samples, to be explained.
fn record(folder: &Path, header: impl AsRef<[u8]>, bytes: usize) -> Vec<String> {
    fs::write(folder.join("r.hea"), header).unwrap();
    fs::write(folder.join("r.dat"), vec![0; bytes]).unwrap();
    explain(folder)
}

fn explain(folder: &Path) -> Vec<String> {
    arguments(&["explain", folder.join("r").to_str().unwrap(), "--model", "none"])
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Records.
pub fn records() -> Vec<Kind<Prepare>> {
    [claims(), ordinary_files(), contents(), edf_files(), dicom_files()].into_iter().flatten().collect()
}

/// Headers that claim what is not there, or cannot be.
fn claims() -> Vec<Kind<Prepare>> {
    vec![
        kind("a record as it should be", Outcome::Used("as a record"), |folder| record(folder, HEADER, 2000)),
        kind(
            "a signal file cut in the middle of a sample",
            Outcome::Refused("it is truncated or of another record"),
            |folder| record(folder, HEADER, 1999),
        ),
        kind("a header that claims a billion samples", Outcome::Refused("its header asks for 2000000000"), |folder| {
            record(folder, HEADER.replace("1000", "1000000000"), 2000)
        }),
        kind("a header that claims 10 GB", Outcome::Refused("its header asks for 10000000000"), |folder| {
            record(folder, HEADER.replace("1000", "5000000000"), 2000)
        }),
        kind(
            "a header that claims 2⁶⁴-1 samples",
            Outcome::Refused("its header asks for 18446744073709551615"),
            |folder| record(folder, HEADER.replace("1000", "18446744073709551615"), 2000),
        ),
        kind(
            "a header of 10 000 signals",
            Outcome::Refused("the number of signals \"10000\" is not at most 256"),
            |folder| record(folder, format!("r 10000 500 1000\n{}", "r.dat 16\n".repeat(10_000)), 2000),
        ),
        kind(
            "a header of fewer signals than it says",
            Outcome::Refused("states 9 signals, 1 are described"),
            |folder| record(folder, HEADER.replace("r 1 ", "r 9 "), 2000),
        ),
        kind("a frame of four billion samples", Outcome::Refused("the number of samples a frame"), |folder| {
            record(folder, HEADER.replacen(" 16 ", " 16x4000000000 ", 1), 2000)
        }),
        kind("a sampling rate below 0", Outcome::Refused("the sampling rate \"-500\" is not above 0"), |folder| {
            record(folder, HEADER.replace("500", "-500"), 2000)
        }),
        kind(
            "a sampling rate that is no number",
            Outcome::Refused("the sampling rate \"NaN\" is not above 0"),
            |folder| record(folder, HEADER.replace("500", "NaN"), 2000),
        ),
        kind("a sampling rate of a billion", Outcome::Refused("is outside 50 to 4000 Hz"), |folder| {
            record(folder, HEADER.replace("500", "1e9"), 2000)
        }),
        kind("a gain that is no number", Outcome::Refused("the gain"), |folder| {
            record(folder, HEADER.replace("200(0)", "NaN(0)"), 2000)
        }),
        kind("a signal format that is not read", Outcome::Refused("signal format 311 is not supported"), |folder| {
            record(folder, HEADER.replace(" 16 200", " 311 200"), 2000)
        }),
    ]
}

/// Files that are none, or that are not the record's.
fn ordinary_files() -> Vec<Kind<Prepare>> {
    vec![
        kind(
            "a signal file outside the folder",
            Outcome::Refused("\"../../etc/passwd\" is not a file in the record's folder"),
            |folder| record(folder, HEADER.replace("r.dat", "../../etc/passwd"), 2000),
        ),
        kind(
            "a signal file by its absolute path",
            Outcome::Refused("\"/etc/passwd\" is not a file in the record's folder"),
            |folder| record(folder, HEADER.replace("r.dat", "/etc/passwd"), 2000),
        ),
        kind("a folder as signal file", Outcome::Refused("is no ordinary file"), |folder| {
            fs::create_dir(folder.join("folder")).unwrap();
            record(folder, HEADER.replace("r.dat", "folder"), 2000)
        }),
        kind("a link to an endless device as signal file", Outcome::Refused("is no ordinary file"), |folder| {
            std::os::unix::fs::symlink("/dev/zero", folder.join("zero")).unwrap();
            record(folder, HEADER.replace("r.dat", "zero"), 2000)
        }),
        kind("a pipe as header, to which nobody writes", Outcome::Refused("is no ordinary file"), |folder| {
            pipe(&folder.join("r.hea"));
            explain(folder)
        }),
        kind("a folder as header", Outcome::Refused("is no ordinary file"), |folder| {
            fs::create_dir(folder.join("r.hea")).unwrap();
            explain(folder)
        }),
    ]
}

/// Files with other content than they should have.
fn contents() -> Vec<Kind<Prepare>> {
    vec![
        kind("an empty header", Outcome::Refused("has no record line: is it a WFDB header?"), |folder| {
            record(folder, "", 2000)
        }),
        kind("a header of 2 MB", Outcome::Refused("at most 1048576 are read"), |folder| {
            record(folder, format!("{HEADER}{}", "# x\n".repeat(500_000)), 2000)
        }),
        kind("a header of random bytes", Outcome::Refused("line 1"), |folder| {
            record(
                folder,
                (0..=255_u8).cycle().map(|byte| byte.wrapping_mul(89) ^ 0x5c).take(900).collect::<Vec<u8>>(),
                2000,
            )
        }),
        kind("a header that is no UTF-8", Outcome::Used("as Latin-1, which old headers are in"), |folder| {
            record(folder, [HEADER.as_bytes(), b"# \xfcber\n"].concat(), 2000)
        }),
        kind("samples with another checksum", Outcome::Refused("the file is damaged or of another record"), |folder| {
            record(folder, HEADER.replace("0 0 0 0 II", "0 0 77 0 II"), 2000)
        }),
        kind("a record in several segments", Outcome::Refused("multi-segment records are not supported"), |folder| {
            record(folder, "r/99 1 500 1000\n", 2000)
        }),
        kind(
            "an annotation file cut in the middle of a word",
            Outcome::Refused("the file ends without an end marker"),
            |folder| {
                fs::write(folder.join("r.pace"), [0x64, 0x04, 0x64]).unwrap();
                record(folder, HEADER, 2000)
            },
        ),
        kind("an annotation file of random bytes", Outcome::Refused("is it a MIT annotation file?"), |folder| {
            fs::write(folder.join("r.pace"), [0xff; 999]).unwrap();
            record(folder, HEADER, 2000)
        }),
    ]
}

/// This file, to be replayed.
fn replay(folder: &Path, name: &str, content: Vec<u8>) -> Vec<String> {
    fs::write(folder.join(name), content).unwrap();
    arguments(&["replay", folder.join(name).to_str().unwrap(), "--model", "none"])
}

/// EDF files.
fn edf_files() -> Vec<Kind<Prepare>> {
    fn edf(change: impl FnOnce(&mut edf_file::File)) -> Vec<u8> {
        let mut file = edf_file::plain(vec![edf_file::signal("ECG II", "mV", 200.0, 250, vec![0; 500])]);
        change(&mut file);
        file.bytes()
    }
    vec![
        kind("an EDF file of blanks", Outcome::Refused("the number of signals \"\" is not from 1 to 512"), |folder| {
            replay(folder, "r.edf", [b"0       ".as_slice(), &[b' '; 600]].concat())
        }),
        kind(
            "an EDF file cut in the middle of a sample",
            Outcome::Refused("it is truncated or of another record"),
            |folder| {
                let mut content = edf(|_| {});
                content.pop();
                replay(folder, "r.edf", content)
            },
        ),
        kind("an EDF file that claims 99 999 999 data records", Outcome::Refused("its header asks for"), |folder| {
            replay(folder, "r.edf", edf(|file| "99999999".clone_into(&mut file.records)))
        }),
        kind(
            "an EDF file whose digital minimum is its maximum",
            Outcome::Refused("is not above the digital minimum"),
            |folder| replay(folder, "r.edf", edf(|file| "-32000".clone_into(&mut file.signals[0].digital.1))),
        ),
    ]
}

/// DICOM objects.
fn dicom_files() -> Vec<Kind<Prepare>> {
    fn object() -> dicom_file::DataSet {
        let channels = vec![dicom_file::channel(2, "5", "0")];
        dicom_file::object(vec![dicom_file::group("250", "0", channels, &[vec![0; 500]])])
    }
    vec![
        kind(
            "a DICOM object cut in the middle of a sample",
            Outcome::Refused("the file is truncated or damaged"),
            |folder| {
                let mut content = dicom_file::bytes(&object(), EXPLICIT);
                content.pop();
                replay(folder, "r.dcm", content)
            },
        ),
        kind(
            "a DICOM object that claims four billion samples",
            Outcome::Refused("the number of samples \"4294967295\" is not fewer"),
            |folder| {
                let mut group = dicom_file::group("250", "0", vec![dicom_file::channel(2, "5", "0")], &[vec![0; 500]]);
                group[3].1 = dicom_file::Value::Long(u32::MAX);
                replay(folder, "r.dcm", dicom_file::bytes(&dicom_file::object(vec![group]), EXPLICIT))
            },
        ),
        kind(
            "a DICOM object with 100 000 sequences in one another",
            Outcome::Refused("is not less deep in others than 16"),
            |folder| {
                // The beginnings of sequences and items without a stated length, each in the one before it.
                let sequence = [0x10, 0, 0x02, 0x10, b'S', b'Q', 0, 0, 0xff, 0xff, 0xff, 0xff];
                let item = [0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff];
                let start = dicom_file::bytes(&Vec::new(), EXPLICIT);
                replay(folder, "r.dcm", [start, [&sequence[..], &item].concat().repeat(100_000)].concat())
            },
        ),
        kind("a picture as a DICOM object", Outcome::Refused("is not that of a 12-lead, general or"), |folder| {
            let mut object = object();
            object[0].1 = dicom_file::text("UI", "1.2.840.10008.5.1.4.1.1.7");
            replay(folder, "r.dcm", dicom_file::bytes(&object, EXPLICIT))
        }),
    ]
}

/// What is said about an ECG by others.
pub fn readings() -> Vec<Kind<Prepare>> {
    fn reading(folder: &Path, text: impl AsRef<[u8]>) -> Vec<String> {
        let mut words = record(folder, HEADER, 2000);
        fs::write(folder.join("reading.txt"), text).unwrap();
        words.extend(arguments(&["--reading", folder.join("reading.txt").to_str().unwrap(), "--json"]));
        words
    }
    vec![
        kind("a reading of 2 MB", Outcome::Refused("has more than 1048576 bytes, which is no reading"), |folder| {
            reading(folder, "x".repeat(2 << 20))
        }),
        kind("a reading that is no UTF-8", Outcome::Refused("is no text (UTF-8)"), |folder| {
            reading(folder, b"sinus \xff\xfe")
        }),
        kind("100 kB of brackets, blanks and digits", Outcome::Used("as a text without claims"), |folder| {
            reading(folder, "((((  1234567890 [{%".repeat(5_000))
        }),
        kind("100 kB of the same claim", Outcome::Used("each claim is checked"), |folder| {
            reading(
                folder,
                "There is no atrial fibrillation with a heart rate of 75 bpm, but ST elevation in V2. ".repeat(1_200),
            )
        }),
    ]
}

/// Settings.
pub fn settings() -> Vec<Kind<Prepare>> {
    fn settings(folder: &Path, text: impl AsRef<[u8]>) -> Vec<String> {
        fs::write(folder.join("ward.toml"), text).unwrap();
        arguments(&["run", "--config", folder.join("ward.toml").to_str().unwrap()])
    }
    vec![
        kind("settings that are no TOML, or no text", Outcome::Refused("ward.toml"), |folder| {
            settings(folder, b"[kafka\n\xff\xfe")
        }),
        kind("settings of 10 MB", Outcome::Refused("ward.toml"), |folder| settings(folder, "# x\n".repeat(2_500_000))),
        kind("settings nested 100 000 deep", Outcome::Refused("ward.toml"), |folder| {
            settings(folder, format!("profile = {}", "[".repeat(100_000)))
        }),
        kind("a setting that does not exist", Outcome::Refused("volume"), |folder| {
            settings(folder, "[alarms]\nvolume = 11\n")
        }),
        kind("a limit that is no number, or outside its range", Outcome::Refused("asystole_s"), |folder| {
            settings(folder, "[alarms]\nasystole_s = nan\npause_s = 1e300\n")
        }),
        kind("a queue of 10¹⁸ readings", Outcome::Refused("queue"), |folder| {
            settings(folder, "[readings]\nqueue = 1000000000000000000\n")
        }),
    ]
}

/// Questions and answers.
pub fn evaluations() -> Vec<Kind<Prepare>> {
    fn evaluate(folder: &Path, questions: impl AsRef<[u8]>, answers: impl AsRef<[u8]>) -> Vec<String> {
        let [asked, answered] = ["questions.json", "answers.jsonl"].map(|name| folder.join(name));
        fs::write(&asked, questions).unwrap();
        fs::write(&answered, answers).unwrap();
        arguments(&["evaluate", asked.to_str().unwrap(), "--answers", answered.to_str().unwrap()])
    }
    vec![
        kind("a line of 100 MB", Outcome::Refused("has 100000000 bytes, at most 1048576 are read"), |folder| {
            evaluate(folder, "[]", [vec![b'['; 100_000_000], b"\n{}".to_vec()].concat())
        }),
        kind("answers of the wrong types", Outcome::Refused("answers.jsonl, line 2, cannot be read"), |folder| {
            evaluate(folder, "[]", "{\"question_id\": \"1\", \"text\": \"x\"}\n{\"question_id\": 1, \"text\": []}\n")
        }),
        kind("answers that are no UTF-8", Outcome::Refused("answers.jsonl, line 1, cannot be read"), |folder| {
            evaluate(folder, "[]", b"{\"question_id\": \"\xff\xfe\", \"text\": \"x\"}\n")
        }),
        kind("a line of nested brackets", Outcome::Refused("answers.jsonl, line 1, cannot be read"), |folder| {
            evaluate(folder, "[]", "[".repeat(100_000))
        }),
        kind(
            "a last line cut by a crash",
            Outcome::Used("without that line, whose question is asked again"),
            |folder| evaluate(folder, "[]", "{\"question_id\": \"1\", \"te"),
        ),
        kind("questions that are no questions", Outcome::Refused("questions.json is no question file"), |folder| {
            evaluate(folder, "{\"id\": \"1\"}", "")
        }),
        kind(
            "a question about a record outside the folder",
            Outcome::Refused("which is no path inside the folder of ECGs"),
            |folder| {
                let question = r#"[{"id": "1", "image": "x", "ecg": "../../etc/passwd", "conversations": []}]"#;
                evaluate(folder, question, "{\"question_id\": \"1\", \"text\": \"x\"}\n")
            },
        ),
        kind("a folder or an endless device as answers", Outcome::Refused("is no ordinary file"), |folder| {
            let mut words = evaluate(folder, "[]", "");
            "/dev/zero".clone_into(words.last_mut().unwrap());
            words
        }),
    ]
}
