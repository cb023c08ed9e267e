//! Small PDFs, written byte by byte, in every form of cross-reference section.

/// How the file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A plain table.
    Table,
    /// A cross-reference stream, with catalog and page in an object stream.
    Stream,
    /// A table and a stream, with catalog and page in an object stream.
    Hybrid,
}

pub const FORMS: [Form; 3] = [Form::Table, Form::Stream, Form::Hybrid];

/// Object numbers of the samples.
pub const PAGE: u32 = 3;
pub const CONTENT: u32 = 4;

pub const CONTENT_BYTES: &str = "0 0 m 100 100 l S";

/// One page.
pub fn plain(form: Form) -> Vec<u8> {
    write(form, &[(4, &stream("", CONTENT_BYTES))], &bodies("/Contents 4 0 R", ""))
}

/// One page of a tagged file.
pub fn tagged(form: Form) -> Vec<u8> {
    let mut loose =
        bodies("/Contents 4 0 R /StructParents 0", "/StructTreeRoot 5 0 R /MarkInfo <</Marked true>> /Lang (vi)");
    loose.push((5, "<</Type /StructTreeRoot /K [6 0 R] /ParentTree 7 0 R /ParentTreeNextKey 1>>".to_owned()));
    loose.push((6, "<</Type /StructElem /S /Document /P 5 0 R /K [8 0 R]>>".to_owned()));
    loose.push((7, "<</Nums [0 [8 0 R]]>>".to_owned()));
    loose.push((8, "<</Type /StructElem /S /P /P 6 0 R /Pg 3 0 R /K 0>>".to_owned()));
    write(form, &[(4, &stream("", "/P <</MCID 0>> BDC 0 0 m 100 100 l S EMC"))], &loose)
}

/// A page that refers to content nobody has defined yet: the seed of a shadow attack.
pub fn with_dangling_content() -> Vec<u8> {
    write(Form::Table, &[(4, &stream("", CONTENT_BYTES))], &bodies("/Contents [4 0 R 90 0 R]", ""))
}

/// Second content that nothing refers to, and where it stands.
pub fn with_hidden_content() -> (Vec<u8>, usize) {
    let hidden = stream("", "0 0 m 9 9 l S");
    let file = write(Form::Table, &[(4, &stream("", CONTENT_BYTES)), (4, &hidden)], &bodies("/Contents 4 0 R", ""));
    let places: Vec<usize> = file.windows(7).enumerate().filter(|(_, w)| *w == b"4 0 obj").map(|(at, _)| at).collect();
    // The table lists the first of both.
    (file, places[1])
}

fn bodies(page: &str, catalog: &str) -> Vec<(u32, String)> {
    vec![
        (1, format!("<</Type /Catalog /Pages 2 0 R {catalog}>>")),
        (2, "<</Type /Pages /Kids [3 0 R] /Count 1>>".to_owned()),
        (3, format!("<</Type /Page /Parent 2 0 R /MediaBox [0 0 595.28 841.89] /Resources <<>> {page}>>")),
    ]
}

fn stream(dictionary: &str, content: &str) -> String {
    format!("<<{dictionary} /Length {}>>\nstream\n{content}\nendstream", content.len())
}

/// Objects that must stand by themselves, and those that may lie in an object stream.
fn write(form: Form, alone: &[(u32, &str)], loose: &[(u32, String)]) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut offsets = Vec::new();
    let mut put = |file: &mut Vec<u8>, number: u32, body: &str| {
        offsets.push((number, file.len()));
        file.extend_from_slice(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
    };
    alone.iter().for_each(|(number, body)| put(&mut file, *number, body));
    let container = 30;
    if form == Form::Table {
        loose.iter().for_each(|(number, body)| put(&mut file, *number, body));
    } else {
        let mut heads = String::new();
        let mut content = String::new();
        for (number, body) in loose {
            heads.push_str(&format!("{number} {} ", content.len()));
            content.push_str(&format!("{body}\n"));
        }
        let head = format!("/Type /ObjStm /N {} /First {}", loose.len(), heads.len());
        put(&mut file, container, &stream(&head, &format!("{heads}{content}")));
    }
    offsets.sort_unstable();
    offsets.dedup_by_key(|(number, _)| *number);
    let start = file.len();
    let trailer = "/Root 1 0 R /ID [<00112233445566778899AABBCCDDEEFF> <00112233445566778899AABBCCDDEEFF>]";
    if form != Form::Table {
        let own = if form == Form::Stream { trailer } else { "" };
        file.extend(cross_reference_stream(&offsets, loose, container, start, own));
    }
    let mut last = start;
    if form != Form::Stream {
        last = file.len();
        let mut rows = String::from("xref\n0 1\n0000000000 65535 f \n");
        for (number, offset) in &offsets {
            rows.push_str(&format!("{number} 1\n{offset:010} 00000 n \n"));
        }
        let hidden = if form == Form::Hybrid { format!("/XRefStm {start}") } else { String::new() };
        rows.push_str(&format!("trailer\n<<{trailer} /Size 40 {hidden}>>\n"));
        file.extend_from_slice(rows.as_bytes());
    }
    file.extend_from_slice(format!("startxref\n{last}\n%%EOF\n").as_bytes());
    file
}

fn cross_reference_stream(
    offsets: &[(u32, usize)],
    loose: &[(u32, String)],
    container: u32,
    start: usize,
    trailer: &str,
) -> Vec<u8> {
    let mut index = String::new();
    let mut rows: Vec<u8> = Vec::new();
    let mut row = |number: u32, kind: u8, second: u32, third: u16| {
        index.push_str(&format!("{number} 1 "));
        rows.push(kind);
        rows.extend(second.to_be_bytes());
        rows.extend(third.to_be_bytes());
    };
    for (number, offset) in offsets {
        row(*number, 1, u32::try_from(*offset).unwrap(), 0);
    }
    for (position, (number, _)) in loose.iter().enumerate() {
        row(*number, 2, container, u16::try_from(position).unwrap());
    }
    row(31, 1, u32::try_from(start).unwrap(), 0);
    let head = format!("/Type /XRef {trailer} /Size 40 /W [1 4 2] /Index [{index}] /Length {}", rows.len());
    let mut written = format!("31 0 obj\n<<{head}>>\nstream\n").into_bytes();
    written.extend(rows);
    written.extend_from_slice(b"\nendstream\nendobj\n");
    written
}

/// A PNG of two by two pixels, one of them transparent.
pub fn picture() -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 2, 2);
    encoder.set_color(png::ColorType::Rgba);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[0, 0, 255, 255, 0, 0, 255, 0, 0, 0, 255, 128, 9, 9, 9, 255]).unwrap();
    writer.finish().unwrap();
    file
}

/// A TrueType font in which `0` and `5` are squares.
pub fn font() -> Vec<u8> {
    let words = |values: &[i32]| -> Vec<u8> {
        values.iter().flat_map(|value| ((*value & 0xffff) as u16).to_be_bytes()).collect()
    };
    // One contour of four points: flags on curve, x and y as words.
    let square =
        [words(&[1, 0, 0, 500, 700, 3, 0]), vec![1; 4], words(&[0, 500, 0, -500]), words(&[0, 0, 700, 0])].concat();
    assert_eq!(square.len() % 2, 0);
    let glyphs = [square.clone(), square.clone(), square.clone()].concat();
    let step = i32::try_from(square.len() / 2).unwrap();
    let head =
        [words(&[1, 0, 1, 0, 0, 0, 0x5f0f, 0x3cf5, 0, 1000]), vec![0; 16], words(&[0, 0, 500, 700, 0, 8, 2, 0, 0])]
            .concat();
    let hhea = words(&[1, 0, 800, -200, 0, 600, 0, 0, 500, 1, 0, 0, 0, 0, 0, 0, 0, 3]);
    let maxp = words(&[1, 0, 3, 4, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    // Format 4 with segments for 0, for 5 and the end mark.
    let cmap = words(&[
        0,
        1,
        3,
        1,
        0,
        12,
        4,
        40,
        0,
        6,
        4,
        1,
        2,
        0x30,
        0x35,
        0xffff,
        0,
        0x30,
        0x35,
        0xffff,
        1 - 0x30,
        2 - 0x35,
        1,
        0,
        0,
        0,
    ]);
    let tables: [(&[u8; 4], Vec<u8>); 7] = [
        (b"cmap", cmap),
        (b"glyf", glyphs),
        (b"head", head),
        (b"hhea", hhea),
        (b"hmtx", words(&[600, 0, 600, 0, 600, 0])),
        (b"loca", words(&[0, step, 2 * step, 3 * step])),
        (b"maxp", maxp),
    ];
    let mut file = words(&[1, 0, 7, 64, 2, 48]);
    let mut at = 12 + 16 * tables.len();
    for (tag, table) in &tables {
        file.extend_from_slice(*tag);
        file.extend(
            [0, u32::try_from(at).unwrap(), u32::try_from(table.len()).unwrap()].iter().flat_map(|n| n.to_be_bytes()),
        );
        at += table.len().next_multiple_of(4);
    }
    for (_, table) in &tables {
        file.extend_from_slice(table);
        file.resize(file.len().next_multiple_of(4), 0);
    }
    file
}
