//! What stands in `deploy/` fits the program.

#[test]
fn the_settings_of_the_image_are_known() {
    gemwatch::config::Config::load(Some(std::path::Path::new("deploy/gemwatch.toml"))).unwrap();
}
