package io.winnow.runtime.picture;

import java.io.ByteArrayOutputStream;

/**
 * Structure of a JPEG file: walks its segments, and its compressed data from marker to marker, to
 * the end, so that a file that was cut off is known as such.
 */
final class JpegLayout {

  /** Encoders make about ten scans; each costs a pass over all pixels however short it is. */
  private static final int MAX_SCANS = 100;

  private static final int START_OF_IMAGE = 0xD8;
  private static final int END_OF_IMAGE = 0xD9;
  private static final int START_OF_SCAN = 0xDA;

  private final FileBytes file;
  private final PictureLimits limits;
  private final ByteArrayOutputStream essence;
  private Orientation orientation = Orientation.UPRIGHT;
  private boolean jfif;
  private int adobeTransform = -1; // -1: no Adobe segment
  private int width;
  private int height;
  private String componentIds = "";
  private int scans;

  private JpegLayout(FileBytes file, PictureLimits limits) {
    this.file = file;
    this.limits = limits;
    this.essence = new ByteArrayOutputStream(file.length());
  }

  static PictureLayout read(FileBytes file, PictureLimits limits) {
    return new JpegLayout(file, limits).read();
  }

  private PictureLayout read() {
    marker(START_OF_IMAGE);
    int at = 2;
    int marker = 0;
    while (marker != END_OF_IMAGE) {
      at = nextMarker(at);
      marker = file.u8(at);
      at = segment(marker, at + 1);
    }
    if (scans == 0) {
      throw PictureException.unreadable("a JPEG without pixels");
    }
    return PictureLayout.ofSingleFrame(width, height, orientation, essence.toByteArray())
        .withColours(colours());
  }

  /** Place of the next marker's code; bytes before the marker are skipped as decoders do. */
  private int nextMarker(int from) {
    int at = from;
    while (file.u8(at) != 0xFF || file.u8(at + 1) == 0xFF || file.u8(at + 1) == 0) {
      at++;
    }
    return at + 1;
  }

  /** Takes in a segment and gives the place after it. */
  private int segment(int marker, int at) {
    if (marker == END_OF_IMAGE) {
      marker(marker);
      return at;
    }
    if (marker == 0x01 || marker >= 0xD0 && marker <= START_OF_IMAGE) {
      return at;
    }
    int length = file.u16be(at);
    if (length < 2) {
      throw PictureException.unreadable("a segment without length");
    }
    FileBytes data = file.part(at + 2, length - 2);
    int end = at + length;
    switch (marker) {
      case 0xE0 -> jfif |= data.has("JFIF\0", 0);
      case 0xE1 -> exif(data);
      case 0xEE -> adobe(data);
      case 0xC0, 0xC1, 0xC2 -> frame(data);
      case 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF ->
          throw PictureException.unsupported("this kind of JPEG (lossless or arithmetic) is rare");
      case START_OF_SCAN -> end = scan(end);
      default -> {}
    }
    boolean metadata = marker >= 0xE0 && marker <= 0xEF || marker == 0xFE;
    if (!metadata) {
      marker(marker);
      append(at, end);
    }
    return end;
  }

  private void frame(FileBytes data) {
    if (!componentIds.isEmpty()) {
      throw PictureException.unreadable("a JPEG with two frames");
    }
    if (data.u8(0) != 8) {
      throw PictureException.unsupported("a JPEG with " + data.u8(0) + " bits is rare");
    }
    height = data.u16be(1);
    width = data.u16be(3);
    limits.checkPixels(width, height);
    int components = data.u8(5);
    if (components != 1 && components != 3 && components != 4) {
      throw PictureException.unsupported("a JPEG with " + components + " colours is rare");
    }
    StringBuilder ids = new StringBuilder();
    for (int i = 0; i < components; i++) {
      ids.append((char) data.u8(6 + 3 * i));
    }
    componentIds = ids.toString();
  }

  /** Place after the compressed data, that is of the next marker that is no restart. */
  private int scan(int from) {
    if (componentIds.isEmpty()) {
      throw PictureException.unreadable("a JPEG with pixels before the frame");
    }
    if (++scans > MAX_SCANS) {
      throw PictureException.unsupported("a JPEG with more than " + MAX_SCANS + " scans is rare");
    }
    int at = from;
    while (true) {
      at = nextMarker(at);
      int code = file.u8(at);
      if (code < 0xD0 || code > 0xD7) {
        return at - 1;
      }
      at++;
    }
  }

  private void exif(FileBytes data) {
    if (data.has("Exif\0", 0) && data.length() > 6) {
      orientation = Orientation.fromExif(data.part(6, data.length() - 6));
    }
  }

  private void adobe(FileBytes data) {
    if (data.has("Adobe", 0) && data.length() >= 12) {
      adobeTransform = data.u8(11);
    }
  }

  /** libjpeg's rules. */
  private PictureLayout.Colours colours() {
    return switch (componentIds.length()) {
      case 1 -> PictureLayout.Colours.GREY;
      case 3 -> {
        boolean rgb = adobeTransform == 0 || adobeTransform < 0 && componentIds.equals("RGB");
        yield !jfif && rgb ? PictureLayout.Colours.RGB : PictureLayout.Colours.YCC;
      }
      default -> adobeTransform > 0 ? PictureLayout.Colours.YCCK : PictureLayout.Colours.CMYK;
    };
  }

  private void marker(int code) {
    essence.write(0xFF);
    essence.write(code);
  }

  private void append(int from, int end) {
    FileBytes part = file.part(from, end - from);
    essence.write(part.bytes(), part.start(), part.length());
  }
}
