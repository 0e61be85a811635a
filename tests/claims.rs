//! The claim finder on sentences as language models write them, each labelled by hand with the claims it makes.
//!
//! `tests/claims/develop.txt` is what the finder was tuned on, `tests/claims/held_out.txt` was written before and kept apart.
//! A claim is one line of notation; found and labelled claims are compared as they stand: subject, leads, value, denial and
//! doubt must all be right.
//!
//! | notation | meaning |
//! | --- | --- |
//! | `rate 72`, `rate 60-70`, `rate tachy` | ventricular rate in bpm, or how it is called |
//! | `PR 160`, `QTc long`, `QRS narrow`, `axis -45`, `axis left` | an interval in ms, the axis in degrees, or how it is called |
//! | `ST+ V2 V3 0.2`, `ST- V5`, `ST0`, `ST-T` | ST elevation with its leads and size in mV, depression, isoelectric, ST-T change |
//! | `T- III`, `T+`, `T flat`, `T tall`, `Q`, `P+ II`, `R tall`, `S deep`, `rSR V1` | what leads show |
//! | `R V5 2.6`, `Sokolow 4.1` | amplitudes in mV |
//! | `0.1-0.2`, `..0.3`, `0.1..` | from-to, at most, at least |
//! | `sinus rhythm`, `AF`, `PVC`, `AV block 1`, `LBBB`, `MI inferior` | rhythms, beats, conduction, conclusions |
//! | `no X`, `X ?`, `others`, `limb`, `chest`, `all` | denied, hedged; the remaining leads, groups of leads |

use gemwatch::ecg::{Lead, STANDARD_LEADS};
use gemwatch::grounding::{Class, Diagnosis, FoundClaim, Quantity, Rhythm, Sign, Span, Statement, find_claims};

/// The bar for precision and recall.
const BAR: f64 = 0.97;

fn number(value: f64) -> String {
    format!("{}", (value * 1000.0).round() / 1000.0)
}

fn span(span: Span) -> String {
    match (span.from, span.to) {
        (from, to) if (from - to).abs() < 1e-9 => number(from),
        (from, to) if to.is_infinite() => format!("{}..", number(from)),
        (0.0, to) => format!("..{}", number(to)),
        (from, to) => format!("{}-{}", number(from), number(to)),
    }
}

fn quantity(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::HeartRate => "rate",
        Quantity::P => "P",
        Quantity::Pr => "PR",
        Quantity::Qrs => "QRS",
        Quantity::Qt => "QT",
        Quantity::Qtc => "QTc",
        Quantity::Rr => "RR",
        Quantity::Axis => "axis",
        Quantity::Intervals => "intervals",
    }
}

fn class(of: Quantity, class: Class) -> &'static str {
    match (of, class) {
        (_, Class::Normal) => "normal",
        (_, Class::Left) => "left",
        (_, Class::Right) => "right",
        (_, Class::Extreme) => "extreme",
        (Quantity::HeartRate, Class::Low) => "brady",
        (Quantity::HeartRate, Class::High) => "tachy",
        (Quantity::Qrs, Class::Low) => "narrow",
        (Quantity::Qrs, Class::High) => "wide",
        (_, Class::Low) => "short",
        (_, Class::High) => "long",
    }
}

fn sign(sign: Sign) -> &'static str {
    match sign {
        Sign::StElevation => "ST+",
        Sign::StDepression => "ST-",
        Sign::StIsoelectric => "ST0",
        Sign::StTChange => "ST-T",
        Sign::TInverted => "T-",
        Sign::TUpright => "T+",
        Sign::TFlat => "T flat",
        Sign::TTall => "T tall",
        Sign::TBiphasic => "T biphasic",
        Sign::TNormal => "T normal",
        Sign::PUpright => "P+",
        Sign::PInverted => "P-",
        Sign::PathologicalQ => "Q",
        Sign::RProgressionNormal => "R progression normal",
        Sign::RProgressionPoor => "R progression poor",
        Sign::RTall => "R tall",
        Sign::SDeep => "S deep",
        Sign::RsrPrime => "rSR",
        Sign::LowVoltage => "low voltage",
    }
}

fn rhythm(rhythm: Rhythm) -> &'static str {
    match rhythm {
        Rhythm::Regular => "regular",
        Rhythm::Irregular => "irregular",
        Rhythm::PPresent => "P present",
        Rhythm::PBeforeQrs => "P before QRS",
        Rhythm::AtrialFibrillation => "AF",
        Rhythm::AtrialFlutter => "flutter",
        Rhythm::Supraventricular => "SVT",
        Rhythm::Junctional => "junctional",
        Rhythm::Idioventricular => "idioventricular",
        Rhythm::VentricularTachycardia => "VT",
        Rhythm::VentricularFibrillation => "VF",
        Rhythm::Paced => "paced",
        Rhythm::Pvc => "PVC",
        Rhythm::Pac => "PAC",
        Rhythm::Ectopy => "ectopy",
        Rhythm::Bigeminy => "bigeminy",
        Rhythm::Trigeminy => "trigeminy",
        Rhythm::AvBlock1 => "AV block 1",
        Rhythm::AvBlock2 => "AV block 2",
        Rhythm::AvBlock3 => "AV block 3",
        Rhythm::Bbb => "BBB",
        Rhythm::Lbbb => "LBBB",
        Rhythm::Rbbb => "RBBB",
        Rhythm::IncompleteLbbb => "incomplete LBBB",
        Rhythm::IncompleteRbbb => "incomplete RBBB",
        Rhythm::LeftAnteriorFascicular => "LAFB",
        Rhythm::LeftPosteriorFascicular => "LPFB",
        Rhythm::Ivcd => "IVCD",
        other => other.name(),
    }
}

fn diagnosis(diagnosis: Diagnosis) -> &'static str {
    match diagnosis {
        Diagnosis::NormalEcg => "normal ECG",
        Diagnosis::Lvh => "LVH",
        Diagnosis::Rvh => "RVH",
        Diagnosis::LeftAtrial => "LAE",
        Diagnosis::RightAtrial => "RAE",
        Diagnosis::Infarction => "MI",
        Diagnosis::Stemi => "STEMI",
        Diagnosis::Ischaemia => "ischemia",
        Diagnosis::WolffParkinsonWhite => "WPW",
        Diagnosis::Pericarditis => "pericarditis",
        Diagnosis::Hyperkalaemia => "hyperkalemia",
    }
}

/// A found claim in the notation of the files.
fn notation(claim: &FoundClaim) -> String {
    let leads = claim.leads.map_or_else(String::new, |leads| {
        if leads.is_rest {
            return " others".to_owned();
        }
        let names: Vec<String> = leads.leads().iter().map(Lead::to_string).collect();
        format!(" {}", names.join(" "))
    });
    let (mut denied, words) = (
        claim.is_denied,
        match claim.statement {
            Statement::HeartRate(value) => format!("rate {}", span(value)),
            Statement::Interval(of, value) => format!("{} {}", quantity(of), span(value)),
            // An axis of 0° to 60° has both ends.
            Statement::Axis(value) if value.to > value.from => {
                format!("axis {}-{}", number(value.from), number(value.to))
            }
            Statement::Axis(value) => format!("axis {}", number(value.from)),
            Statement::Amplitude(wave, value) => format!("{}{leads} {}", wave.name(), span(value)),
            Statement::SokolowLyon(value) => format!("Sokolow {}", span(value)),
            Statement::Class(of, called) => format!("{} {}", quantity(of), class(of, called)),
            Statement::Sign(of, size) => {
                format!("{}{leads}{}", sign(of), size.map_or_else(String::new, |size| format!(" {}", span(size))))
            }
            Statement::Rhythm(of) => rhythm(of).to_owned(),
            Statement::Diagnosis(of, None) => diagnosis(of).to_owned(),
            Statement::Diagnosis(of, Some(site)) => format!("{} {}", diagnosis(of), site.name()),
        },
    );
    let words = if denied && words == "P present" {
        denied = false;
        "P absent".to_owned()
    } else {
        words
    };
    format!("{}{words}{}", if denied { "no " } else { "" }, if claim.is_hedged { " ?" } else { "" })
}

/// A label with its leads in the order of the page, and groups of leads written out.
fn label(text: &str) -> String {
    let mut leads: Vec<usize> = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut place = None;
    for word in text.split_whitespace() {
        let group = match word {
            "limb" => 0..6,
            "chest" => 6..12,
            "all" => 0..12,
            _ => {
                let index = Lead::from_name(word).standard_index();
                let Some(index) = index.filter(|index| STANDARD_LEADS[*index].name() == word) else {
                    words.push(word.to_owned());
                    continue;
                };
                index..index + 1
            }
        };
        place.get_or_insert(words.len());
        leads.extend(group);
    }
    leads.sort_unstable();
    leads.dedup();
    if let Some(place) = place {
        let names: Vec<&str> = leads.iter().map(|index| STANDARD_LEADS[*index].name()).collect();
        words.insert(place, names.join(" "));
    }
    words.join(" ")
}

/// Claims found, labelled, and both.
struct Counts {
    sentences: usize,
    found: usize,
    labelled: usize,
    right: usize,
    wrong: Vec<String>,
}

impl Counts {
    fn precision(&self) -> f64 {
        self.right as f64 / self.found as f64
    }

    fn recall(&self) -> f64 {
        self.right as f64 / self.labelled as f64
    }
}

fn count(file: &str) -> Counts {
    let mut counts = Counts { sentences: 0, found: 0, labelled: 0, right: 0, wrong: Vec::new() };
    for line in file.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (sentence, labels) = line.split_once('|').expect("a sentence, then its claims");
        let mut missing: Vec<String> = labels.split(';').map(label).filter(|label| !label.is_empty()).collect();
        let found: Vec<String> = find_claims(sentence).iter().map(notation).collect();
        counts.sentences += 1;
        counts.found += found.len();
        counts.labelled += missing.len();
        let mut extra = Vec::new();
        for claim in found {
            match missing.iter().position(|label| *label == claim) {
                Some(index) => {
                    missing.remove(index);
                    counts.right += 1;
                }
                None => extra.push(claim),
            }
        }
        if !(missing.is_empty() && extra.is_empty()) {
            counts.wrong.push(format!("{}\n    missing {missing:?}\n    extra   {extra:?}", sentence.trim()));
        }
    }
    counts
}

#[test]
fn claims_are_found_in_sentences_seen_and_unseen() {
    let develop = count(include_str!("claims/develop.txt"));
    let held_out = count(include_str!("claims/held_out.txt"));
    for (name, counts) in [("develop", &develop), ("held out", &held_out)] {
        println!(
            "{name}: {} sentences, {} claims, precision {:.1} %, recall {:.1} %",
            counts.sentences,
            counts.labelled,
            100.0 * counts.precision(),
            100.0 * counts.recall()
        );
    }
    println!("wrong in the sentences the finder was tuned on:\n{}", develop.wrong.join("\n"));
    assert!(develop.sentences + held_out.sentences >= 300 && held_out.sentences * 3 >= 300);
    for counts in [&develop, &held_out] {
        assert!(counts.precision() >= BAR && counts.recall() >= BAR, "below the bar of {BAR}");
    }
}

#[test]
fn a_label_is_read_with_its_leads_in_order() {
    assert_eq!(label(" no T- V4 I "), "no T- I V4");
    assert_eq!(label("low voltage limb"), "low voltage I II III aVR aVL aVF");
    assert_eq!(label("R V5 2.6"), "R V5 2.6");
    assert_eq!(label("MI inferior ?"), "MI inferior ?");
}
