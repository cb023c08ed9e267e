//! The toolkit every room uses to answer HTTP.
