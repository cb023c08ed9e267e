//! A small tagged paper of one page, written byte by byte: what the tests sign.

/// One page with these words on it.
pub fn tagged(words: &str) -> Vec<u8> {
    let content = format!("/P <</MCID 0>> BDC\n% {words}\n0 0 m 100 100 l S\nEMC");
    let objects = [
        "<</Type /Catalog /Pages 2 0 R /StructTreeRoot 5 0 R /MarkInfo <</Marked true>> /Lang (vi)>>".to_owned(),
        "<</Type /Pages /Kids [3 0 R] /Count 1>>".to_owned(),
        "<</Type /Page /Parent 2 0 R /MediaBox [0 0 595.28 841.89] /Resources <<>> /Contents 4 0 R /StructParents 0>>"
            .to_owned(),
        format!("<</Length {}>>\nstream\n{content}\nendstream", content.len()),
        "<</Type /StructTreeRoot /K [6 0 R] /ParentTree 7 0 R /ParentTreeNextKey 1>>".to_owned(),
        "<</Type /StructElem /S /Document /P 5 0 R /K [8 0 R]>>".to_owned(),
        "<</Nums [0 [8 0 R]]>>".to_owned(),
        "<</Type /StructElem /S /P /P 6 0 R /Pg 3 0 R /K 0>>".to_owned(),
    ];
    let mut file = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut rows = String::from("xref\n0 9\n0000000000 65535 f \n");
    for (number, body) in (1..).zip(&objects) {
        rows.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.extend_from_slice(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
    }
    let start = file.len();
    let id = "<00112233445566778899AABBCCDDEEFF>";
    let trailer = format!("trailer\n<</Root 1 0 R /Size 9 /ID [{id} {id}]>>\nstartxref\n{start}\n%%EOF\n");
    file.extend_from_slice(rows.as_bytes());
    file.extend_from_slice(trailer.as_bytes());
    file
}

/// A white picture of one point.
pub const PICTURE: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00, 0x0a, 0x49,
    0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0xf8, 0x0f, 0x00, 0x01, 0x01, 0x01, 0x00, 0x1b, 0xb6, 0xee, 0x56, 0x00, 0x00,
    0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];
