use super::*;

#[test]
fn placeholder() {
    assert!(Portrait::draw(1).leads_mv[0].len() == SAMPLES);
}
