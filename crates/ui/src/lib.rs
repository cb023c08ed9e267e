//! Layout, components, texts, styles, fonts and icons.
