//! What is made of a judge's answers: scores, or an error that says what is wrong with them.

use super::*;
use crate::chat::tests::{completion, server};

fn asked() -> Asked {
    let [id, ecg, question, reference] = ["7", "7", "What is it?", "Sinus rhythm at 70 bpm."].map(str::to_owned);
    Asked { id, ecg, question, reference }
}

fn answer() -> Answer {
    serde_json::from_str(r#"{"question_id":"7","text":"Atrial fibrillation."}"#).unwrap()
}

/// A judge's answer in which every criterion but `without` has these points.
fn said(points: &[f64], without: Option<Criterion>) -> String {
    let of = |criterion: Criterion| {
        let entries: Vec<_> =
            points.iter().map(|score| serde_json::json!({ "Score": score, "Explanation": "x" })).collect();
        (criterion.name().to_owned(), serde_json::Value::from(entries))
    };
    let all = Criterion::ALL.into_iter().filter(|criterion| Some(*criterion) != without).map(of);
    format!("Here you are:\n```json\n{}\n```", serde_json::Value::Object(all.collect()))
}

#[test]
fn a_judge_is_shown_reference_and_answer_and_its_points_are_scored() {
    let (address, received) = server(vec![(200, completion(&said(&[2.0, 0.0], None)))]);
    let judgement = judge(&ChatServer::new(&address, "j", None), &asked(), &answer()).unwrap();
    let (_, request) = received.recv().unwrap();
    let (instructions, message) =
        (request["messages"][0]["content"].as_str(), request["messages"][1]["content"].as_str());
    assert!(Criterion::ALL.iter().all(|criterion| instructions.unwrap().contains(criterion.name())));
    assert!(message.unwrap().contains("Sinus rhythm at 70 bpm.") && message.unwrap().contains("Atrial fibrillation."));
    let scores = judgement.scores();
    assert!((scores[&Criterion::DiagnosisAccuracy] - 50.0).abs() < 1e-12 && scores.len() == 8);
    // What is written down can be read again.
    let line = serde_json::to_string(&judgement).unwrap();
    assert_eq!(serde_json::from_str::<Judgement>(&line).unwrap(), judgement);
}

#[test]
fn a_judge_that_leaves_something_out_or_chats_is_an_error() {
    let missing = said(&[1.0], Some(Criterion::LeadAssessmentAccuracy));
    let (address, _received) = server(vec![(200, completion(&missing)), (200, completion("I like it."))]);
    let chat = ChatServer::new(&address, "j", None);
    let error = |()| judge(&chat, &asked(), &answer()).unwrap_err().to_string();
    assert_eq!(error(()), "the judge of 7 said nothing of LeadAssessmentAccuracy");
    assert_eq!(error(()), "the judge of 7 did not answer with JSON: I like it.");
}

#[test]
fn old_names_and_numbers_as_texts_are_read() {
    let judgement: Judgement = serde_json::from_str(
        r#"{"question_id":"1","judge":"j","entries":{"ECGFeatureGrounding":[{"Score":"80"}],"Other":[{"score":1}]}}"#,
    )
    .unwrap();
    assert_eq!(judgement.scores(), Scores::from([(Criterion::GroundedEcgUnderstanding, 80.0)]));
    assert_eq!(judgement.of(Criterion::GroundedEcgUnderstanding).len(), 1);
}
