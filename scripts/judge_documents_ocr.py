"""Prints known texts to scans, has them read, compares; see judge-documents-ocr.sh."""
import collections, json, os, pathlib, random, re, struct, subprocess, sys, time, unicodedata
from PIL import Image, ImageDraw, ImageFilter, ImageFont

WORK = pathlib.Path(sys.argv[1])
READER = os.environ["HAIDANG_OCR_READER"]
FONTS = pathlib.Path("/usr/share/fonts/truetype/liberation2")
PAGES = 6
passed = failed = 0


def judge(name, good, said=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print("PASS " if good else "FAIL ", name, said, flush=True)


# Sentences of the kind official papers are made of; nobody in them exists.
SENTENCES = """
Căn cứ Luật Tổ chức chính quyền địa phương ngày 16 tháng 6 năm 2025;
Căn cứ Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác văn thư;
Theo đề nghị của Trưởng phòng Kinh tế tại Tờ trình số 45/TTr-KT ngày 12 tháng 01 năm 2026.
Phê duyệt kế hoạch sử dụng đất năm 2026 của xã Mẫu với các nội dung chủ yếu sau đây.
Giao Phòng Kinh tế chủ trì, phối hợp với các đơn vị liên quan tổ chức thực hiện, báo cáo kết quả trước ngày 30 tháng 9.
Kinh phí thực hiện được bố trí trong dự toán ngân sách nhà nước hằng năm theo quy định của pháp luật hiện hành.
Quyết định này có hiệu lực thi hành kể từ ngày ký; Chánh Văn phòng, Thủ trưởng các cơ quan chịu trách nhiệm thi hành.
Tiếp tục nâng cấp hạ tầng thủy lợi nội đồng, bảo đảm tưới tiêu chủ động cho diện tích gieo trồng hai vụ lúa.
Người dân nộp hồ sơ trực tuyến qua Cổng dịch vụ công; cán bộ tiếp nhận hướng dẫn, không yêu cầu giấy tờ đã có trong kho dữ liệu.
Ủy ban nhân dân xã đề nghị các thôn, tổ dân phố rà soát, lập danh sách hộ nghèo, hộ cận nghèo và hộ mới thoát nghèo.
Thời gian họp bắt đầu lúc 8 giờ 30 phút, địa điểm tại phòng họp số 2, trụ sở Ủy ban nhân dân xã.
Trong quá trình thực hiện nếu có khó khăn, vướng mắc, đề nghị phản ánh kịp thời về Văn phòng để tổng hợp.
Đẩy mạnh chuyển đổi số, số hóa kết quả giải quyết thủ tục hành chính, kết nối và chia sẻ dữ liệu giữa các cơ quan.
Khuyến khích doanh nghiệp đầu tư vào khu công nghiệp, bảo vệ môi trường và sử dụng tiết kiệm nguồn nước ngầm.
Công tác phòng cháy, chữa cháy và cứu nạn, cứu hộ phải được kiểm tra thường xuyên, xử lý nghiêm vi phạm.
Trường hợp tổ chức, cá nhân không thống nhất thì có quyền khiếu nại hoặc khởi kiện theo quy định.
""".strip().splitlines()


def font(points, dpi, style="Regular"):
    return ImageFont.truetype(str(FONTS / f"LiberationSerif-{style}.ttf"), round(points * dpi / 72))


def wrap(draw, text, face, width):
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if draw.textlength(longer, face) > width and line:
            yield line
            line = word
        else:
            line = longer
    yield line


def paper(number, dpi):
    """A page as Appendix I lays it out, and its words."""
    millimetre = dpi / 25.4
    page = Image.new("L", (round(210 * millimetre), round(297 * millimetre)), 255)
    draw, words = ImageDraw.Draw(page), []

    def put(x, y, text, face, centred=False):
        width = draw.textlength(text, face)
        draw.text((x - width / 2 if centred else x, y), text, font=face, fill=0)
        words.extend(text.split())

    left, right = 60 * millimetre, 145 * millimetre
    put(left, 22 * millimetre, "ỦY BAN NHÂN DÂN", font(13, dpi, "Bold"), True)
    put(right, 22 * millimetre, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", font(12, dpi, "Bold"), True)
    put(left, 28 * millimetre, "XÃ MẪU", font(13, dpi, "Bold"), True)
    put(right, 28 * millimetre, "Độc lập - Tự do - Hạnh phúc", font(13, dpi, "Bold"), True)
    put(left, 38 * millimetre, f"Số: {number + 4:02}/QĐ-UBND", font(13, dpi), True)
    put(right, 38 * millimetre, f"Mẫu, ngày {number + 4:02} tháng 01 năm 2026", font(13, dpi, "Italic"), True)
    put(105 * millimetre, 50 * millimetre, "QUYẾT ĐỊNH", font(14, dpi, "Bold"), True)
    put(105 * millimetre, 57 * millimetre, "Về việc phê duyệt kế hoạch sử dụng đất năm 2026", font(14, dpi, "Bold"), True)
    y, chosen = 70 * millimetre, random.Random(number)
    for sentence in chosen.sample(SENTENCES, 12):
        for line in wrap(draw, sentence, font(14, dpi), 160 * millimetre):
            put(30 * millimetre, y, line, font(14, dpi))
            y += 7 * millimetre
        y += 2 * millimetre
    return page, words


def noisy(page, seed):
    """As a worn machine sees it: turned a little, soft, gray, with specks."""
    chosen = random.Random(seed)
    turned = page.rotate(chosen.uniform(-0.6, 0.6), Image.BICUBIC, fillcolor=255).filter(ImageFilter.GaussianBlur(0.5))
    turned = turned.point(lambda value: 35 + value * 205 // 255)
    grain = Image.effect_noise(turned.size, 22)
    mixed = Image.blend(turned, grain, 0.12)
    dots = mixed.load()
    for _ in range(mixed.width * mixed.height // 8000):
        dots[chosen.randrange(mixed.width), chosen.randrange(mixed.height)] = chosen.randrange(80, 200)
    return mixed


def plain(words):
    """Words as they are compared: one normal form, without signs at their ends."""
    found = (re.sub(r"^\W+|\W+$", "", unicodedata.normalize("NFC", word)) for word in words)
    return [word for word in found if word]


def recall(wanted, got):
    wanted, got = collections.Counter(plain(wanted)), collections.Counter(plain(got))
    return sum((wanted & got).values()), sum(wanted.values())


def errors(wanted, got):
    """Least number of words changed, added and left out (Levenshtein)."""
    wanted, got = plain(wanted), plain(got)
    row = list(range(len(got) + 1))
    for at, word in enumerate(wanted, 1):
        before, row[0] = row[0], at
        for other, read in enumerate(got, 1):
            before, row[other] = row[other], min(row[other] + 1, row[other - 1] + 1, before + (word != read))
    return row[-1]


def read(files):
    started = time.monotonic()
    said = subprocess.run([READER, *map(str, files)], capture_output=True, text=True)
    seconds = time.monotonic() - started
    return [json.loads(line) for line in said.stdout.splitlines() if line], seconds


def compare(name, files, wanted, least):
    pages, seconds = read(files)
    found = total = wrong = 0
    for page in pages:
        if "error" in page:
            judge(f"{name}: page is read", False, page["error"])
            continue
        words = wanted[(pathlib.Path(page["file"]).name, page["page"])]
        hit, all_words = recall(words, page["text"].split())
        found, total = found + hit, total + all_words
        wrong += errors(words, page["text"].split())
        if page["preview"] < 1000:
            judge(f"{name}: picture of the page", False)
    share, speed = found / max(total, 1), len(pages) / seconds
    print(f"      {name}: recall {share:.4f}, word error rate {wrong / max(total, 1):.4f}, "
          f"{total} words, {len(pages)} pages, {speed:.2f} pages/s on {os.cpu_count()} processors")
    judge(f"{name}: word recall at least {least}", share >= least, f"({share:.4f})")
    return speed, pages


made = [paper(number, 300) for number in range(1, PAGES + 1)]
files, wanted = [], {}
for number, (page, words) in enumerate(made, 1):
    pdf = WORK / f"clean-{number}.pdf"
    page.copy().save(pdf, resolution=300)
    wanted[(pdf.name, 1)] = words
    files.append(pdf)
speed, _ = compare("clean, 300 dpi, PDF", files, wanted, 0.99)
judge("at least 0.5 pages a second", speed >= 0.5, f"({speed:.2f})")

files = []
for number in range(1, PAGES + 1):
    page, words = paper(number, 150)
    file = WORK / f"noisy-{number}.pdf"
    noisy(page, number).save(file, resolution=150, quality=80)
    wanted[(file.name, 1)] = words
    files.append(file)
_, pages = compare("noisy, 150 dpi, PDF", files, wanted, 0.97)
judge("the resolution of coarse scans is seen", all(page.get("dpi") == 150 for page in pages))

files = []
for number, ending in ((1, "png"), (2, "jpg"), (3, "tif")):
    file = WORK / f"picture-{number}.{ending}"
    made[number - 1][0].copy().save(file, dpi=(300, 300))
    wanted[(file.name, 1)] = made[number - 1][1]
    files.append(file)
many = WORK / "several.tif"
made[0][0].copy().save(many, save_all=True, append_images=[made[1][0].copy()], dpi=(300, 300))
wanted[("several.tif", 1)], wanted[("several.tif", 2)] = made[0][1], made[1][1]
compare("clean, 300 dpi, pictures", [*files, many], wanted, 0.99)


def refused(name, file, code):
    started = time.monotonic()
    pages, seconds = read([file])
    good = len(pages) == 1 and code in pages[0].get("error", "") and seconds < 10
    judge(f"refused: {name}", good, f"({pages[0].get('error', 'it was read') if pages else 'nothing was said'}, {seconds:.1f} s)")


huge = WORK / "huge.png"
huge.write_bytes(b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", 60000, 60000, 8, 0, 0, 0, 0) + b"\0" * 4)
refused("a picture of 3.6 thousand million pixels, before it is decoded", huge, "scan_page_too_large")
poster = WORK / "poster.pdf"
Image.new("L", (100, 100), 255).save(poster, resolution=0.5)
refused("a page of five metres", poster, "scan_page_too_large")
broken = WORK / "broken.pdf"
broken.write_bytes(pdf.read_bytes()[:4000])
refused("a PDF cut off", broken, "scan_unreadable")
text = WORK / "text.png"
text.write_bytes(b"not a picture")
refused("a text named .png", text, "scan_unreadable")

print(f"\n{passed} passed, {failed} failed")
sys.exit(0 if failed == 0 and passed else 1)
