//! A typesetting worker alone: what `haidang documents typeset-worker` runs, for tests of this crate.

fn main() -> std::io::Result<()> {
    haidang_documents::typeset::serve(None)
}
