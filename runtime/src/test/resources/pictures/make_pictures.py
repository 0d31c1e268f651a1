"""Makes the picture files of this folder, NAME.expected.png for each (how Pillow sees it), and resized/.

    pip install pillow==13.0.0 && python make_pictures.py

What Pillow cannot write is put together by hand below.
"""

import io
import struct
import zlib
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

FOLDER = Path(__file__).resolve().parent
WIDTH, HEIGHT = 37, 26
ORIENTATION = 0x0112


def scene(mode="RGB"):
    """Asymmetric, smooth in part, with hard edges."""
    picture = Image.new("RGB", (WIDTH, HEIGHT))
    for y in range(HEIGHT):
        for x in range(WIDTH):
            picture.putpixel((x, y), (x * 255 // WIDTH, y * 255 // HEIGHT, (x * y * 3) % 256))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((3, 3, 14, 9), fill=(200, 30, 30))
    draw.ellipse((18, 8, 32, 22), fill=(30, 80, 220))
    if mode in ("RGBA", "LA"):
        picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    return picture.convert(mode)


def png(name, header, rows, before=b"", interlace=0):
    """header: (bit depth, colour type); rows: packed bytes of each row, or of each pass."""
    depth, colour = header

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    data = b"".join(b"\0" + row for row in rows)
    (FOLDER / name).write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, interlace))
        + chunk(b"gAMA", struct.pack(">I", 100000))
        + before
        + chunk(b"IDAT", zlib.compress(data))
        + chunk(b"IEND", b"")
    )


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pixels(picture):
    return [[picture.getpixel((x, y)) for x in range(picture.width)] for y in range(picture.height)]


def pngs():
    rgb, grey, rgba = scene(), scene("L"), scene("RGBA")
    rgb.save(FOLDER / "rgb8.png")
    grey.save(FOLDER / "grey8.png")
    rgba.save(FOLDER / "rgba8.png")
    scene("LA").save(FOLDER / "grey-alpha8.png")
    rgb.convert("1").save(FOLDER / "bilevel.png")
    rgb.quantize(13).save(FOLDER / "palette4.png", bits=4)
    palette = rgba.quantize(60)
    palette.save(FOLDER / "palette8-alpha.png")
    rgb.save(FOLDER / "orientation6.png", exif=exif(6))
    wide = [[tuple(v << 8 | 0x9C for v in pixel) for pixel in row] for row in pixels(rgb)]
    png("rgb16.png", (16, 2), [b"".join(struct.pack(">3H", *p) for p in row) for row in wide])
    wide = [[tuple(v << 8 | 0x9C for v in pixel) for pixel in row] for row in pixels(rgba)]
    png("rgba16.png", (16, 6), [b"".join(struct.pack(">4H", *p) for p in row) for row in wide])
    png("grey4.png", (4, 0), [packed4(row) for row in pixels(grey)])
    key = struct.pack(">3H", 200, 30, 30)
    png("rgb8-key.png", (8, 2), [bytes(sum(row, ())) for row in pixels(rgb)], png_chunk(b"tRNS", key))
    png("grey8-key.png", (8, 0), [bytes(row) for row in pixels(grey)], png_chunk(b"tRNS", b"\0\x48"))
    png("interlaced.png", (8, 2), list(adam7(pixels(rgb))), interlace=1)


def packed4(row):
    nibbles = [value >> 4 for value in row] + [0]
    return bytes(nibbles[i] << 4 | nibbles[i + 1] for i in range(0, len(row), 2))


def adam7(rows):
    for x0, y0, dx, dy in (
        (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
    ):
        for row in rows[y0::dy]:
            yield bytes(sum(row[x0::dx], ()))


def exif(orientation):
    data = Image.Exif()
    data[ORIENTATION] = orientation
    return data


def jpegs():
    rgb = scene()
    rgb.save(FOLDER / "ycc444.jpg", quality=90, subsampling=0)
    rgb.save(FOLDER / "ycc420.jpg", quality=90, subsampling=2, comment="a comment", restart_marker_blocks=2)
    rgb.save(FOLDER / "progressive.jpg", quality=90, progressive=True, icc_profile=profile())
    rgb.save(FOLDER / "rgb.jpg", quality=90, keep_rgb=True)
    scene("L").save(FOLDER / "grey.jpg", quality=90)
    cmyk = scene("CMYK")
    cmyk.putdata([(c, m, y, (c + y) // 5) for c, m, y, _ in cmyk.get_flattened_data()])
    cmyk.save(FOLDER / "cmyk.jpg", quality=90)
    # The same bytes, declared as YCCK.
    bytes_ = bytearray((FOLDER / "cmyk.jpg").read_bytes())
    bytes_[bytes_.index(b"Adobe") + 11] = 2
    (FOLDER / "ycck.jpg").write_bytes(bytes_)
    # And without the segment that says that they are inverted.
    start = bytes_.index(b"Adobe") - 4
    (FOLDER / "cmyk-plain.jpg").write_bytes(bytes_[:start] + bytes_[start + 16 :])
    for orientation in range(1, 9):
        rgb.save(FOLDER / f"orientation{orientation}.jpg", quality=90, exif=exif(orientation))
    bytes_ = bytearray((FOLDER / "ycc420.jpg").read_bytes())
    (FOLDER / "bytes-after-end.jpg").write_bytes(bytes_ + b"\0" * 50)


def profile():
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()


def webps():
    rgb, rgba = scene(), scene("RGBA")
    rgb.save(FOLDER / "lossless.webp", lossless=True)
    rgba.save(FOLDER / "lossless-alpha.webp", lossless=True, exact=True)
    rgb.save(FOLDER / "lossy.webp", quality=90)
    rgba.save(FOLDER / "lossy-alpha.webp", quality=90)
    rgb.save(FOLDER / "orientation8.webp", lossless=True, exif=exif(8), icc_profile=profile())
    second = ImageOps.mirror(rgba)
    rgba.save(FOLDER / "animated.webp", save_all=True, append_images=[second], lossless=True, exact=True)


def gifs():
    rgb = scene()
    still = rgb.quantize(40)
    still.save(FOLDER / "still.gif", interlace=1)
    ImageOps.flip(rgb).quantize(40).save(FOLDER / "plain-lines.gif", interlace=0)
    still.save(FOLDER / "transparent.gif", transparency=still.getpixel((5, 5)))
    still.save(FOLDER / "animated.gif", save_all=True, append_images=[ImageOps.mirror(still)])
    # A frame smaller than the canvas: enlarge the canvas of a transparent one.
    bytes_ = bytearray((FOLDER / "transparent.gif").read_bytes())
    bytes_[6:10] = struct.pack("<HH", WIDTH + 8, HEIGHT + 5)
    descriptor = bytes_.index(b"\x2c\0\0\0\0" + struct.pack("<HH", WIDTH, HEIGHT))
    bytes_[descriptor + 1 : descriptor + 5] = struct.pack("<HH", 6, 2)
    (FOLDER / "small-frame.gif").write_bytes(bytes_)


def bmps():
    rgb = scene()
    rgb.save(FOLDER / "rgb24.bmp")
    rgb.quantize(100).save(FOLDER / "palette8.bmp")
    rgb.convert("1").save(FOLDER / "bilevel.bmp")
    rgb.convert("RGBA").save(FOLDER / "rgb32.bmp")
    rows = [b"".join(struct.pack("<H", r >> 3 << 11 | g >> 2 << 5 | b >> 3) for r, g, b in row) + b"\0\0" for row in pixels(rgb)]
    masks = struct.pack("<3I", 0xF800, 0x07E0, 0x001F)
    bmp("rgb565.bmp", -HEIGHT, 16, 3, masks, b"".join(rows))
    grey = scene("L").quantize(8)
    palette = b"".join(bytes((i, i, i, 0)) for i in range(0, 256))
    runs = b""
    for row in reversed(pixels(grey)):
        runs += b"".join(bytes((1, value * 30)) for value in row) + b"\0\0"
    bmp("run-length8.bmp", HEIGHT, 8, 1, palette, runs + b"\0\1")


def bmp(name, height, depth, compression, table, data):
    header = struct.pack("<IiiHHIIiiII", 40, WIDTH, height, 1, depth, compression, len(data), 0, 0, 0, 0)
    start = 14 + 40 + len(table)
    (FOLDER / name).write_bytes(b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + header + table + data)


def expectations():
    for path in sorted(FOLDER.iterdir()):
        if path.is_dir() or path.suffix in (".py", ".md") or path.name.endswith(".expected.png"):
            continue
        with Image.open(path) as picture:
            picture.seek(0)
            if picture.mode.startswith("I;16"):
                picture = picture.point(lambda value: value / 256).convert("L")
            rgba = ImageOps.exif_transpose(picture).convert("RGBA")
        white = Image.new("RGBA", rgba.size, (255, 255, 255))
        Image.alpha_composite(white, rgba).convert("RGB").save(FOLDER / f"{path.name}.expected.png", optimize=True)


def resizes():
    (FOLDER / "resized").mkdir(exist_ok=True)
    for name in ("NEAREST", "BILINEAR", "BICUBIC", "LANCZOS"):
        for size in ((20, 45), (80, 11)):
            # Across first, as torchvision does; Pillow alone takes the cheaper order.
            across = scene().resize((size[0], HEIGHT), Image.Resampling[name])
            resized = across.resize(size, Image.Resampling[name])
            resized.save(FOLDER / "resized" / f"{name.lower()}-{size[0]}x{size[1]}.png", optimize=True)


for make in (pngs, jpegs, webps, gifs, bmps, expectations, resizes):
    make()
