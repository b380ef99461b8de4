use alternator_lb_sdk::{Alternator, BuildError};

/// `mapped_port` is what `docker port scylla 8000` prints.
pub fn single_container(mapped_port: u16) -> Result<Alternator, BuildError> {
    Alternator::builder()
        .seeds([format!("http://127.0.0.1:{mapped_port}")])
        .without_discovery()
        .build()
}
