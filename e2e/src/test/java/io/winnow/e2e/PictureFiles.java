package io.winnow.e2e;

import java.awt.Graphics2D;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.RenderedImage;
import java.awt.image.WritableRaster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.zip.CRC32;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.stream.ImageOutputStream;

/** The same picture in the forms that files come in, and files that are no pictures. */
final class PictureFiles {

  private static final byte[] PNG_SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

  private PictureFiles() {}

  static BufferedImage read(byte[] file) throws IOException {
    BufferedImage picture = ImageIO.read(new ByteArrayInputStream(file));
    BufferedImage rgb =
        new BufferedImage(picture.getWidth(), picture.getHeight(), BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = rgb.createGraphics();
    graphics.drawImage(picture, 0, 0, null);
    graphics.dispose();
    return rgb;
  }

  static byte[] sixteenBitPng(BufferedImage picture) throws IOException {
    ColorModel model =
        new ComponentColorModel(
            ColorSpace.getInstance(ColorSpace.CS_sRGB),
            false,
            false,
            Transparency.OPAQUE,
            DataBuffer.TYPE_USHORT);
    WritableRaster raster =
        model.createCompatibleWritableRaster(picture.getWidth(), picture.getHeight());
    int[] pixel = new int[3]; // [red green blue]
    for (int y = 0; y < picture.getHeight(); y++) {
      for (int x = 0; x < picture.getWidth(); x++) {
        picture.getRaster().getPixel(x, y, pixel);
        for (int band = 0; band < 3; band++) {
          pixel[band] *= 257;
        }
        raster.setPixel(x, y, pixel);
      }
    }
    return write(new BufferedImage(model, raster, false, null), "png");
  }

  static byte[] palettePng(BufferedImage picture) throws IOException {
    byte[][] levels = new byte[3][216]; // [channel, colour]
    for (int colour = 0; colour < 216; colour++) {
      levels[0][colour] = (byte) (colour / 36 * 51);
      levels[1][colour] = (byte) (colour / 6 % 6 * 51);
      levels[2][colour] = (byte) (colour % 6 * 51);
    }
    IndexColorModel palette = new IndexColorModel(8, 216, levels[0], levels[1], levels[2]);
    BufferedImage indexed =
        new BufferedImage(
            picture.getWidth(), picture.getHeight(), BufferedImage.TYPE_BYTE_INDEXED, palette);
    Graphics2D graphics = indexed.createGraphics();
    graphics.drawImage(picture, 0, 0, null);
    graphics.dispose();
    return write(indexed, "png");
  }

  /** The picture is the first frame, all others are black. */
  static byte[] animatedGif(BufferedImage picture, int frames) throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("gif").next();
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (ImageOutputStream stream = ImageIO.createImageOutputStream(file)) {
      writer.setOutput(stream);
      writer.prepareWriteSequence(null);
      ImageTypeSpecifier type = ImageTypeSpecifier.createFromRenderedImage(picture);
      ImageWriteParam param = writer.getDefaultWriteParam();
      IIOMetadata metadata = writer.getDefaultImageMetadata(type, param);
      writer.writeToSequence(new IIOImage(picture, null, metadata), param);
      BufferedImage black =
          new BufferedImage(picture.getWidth(), picture.getHeight(), BufferedImage.TYPE_INT_RGB);
      for (int i = 1; i < frames; i++) {
        writer.writeToSequence(new IIOImage(black, null, metadata), param);
      }
      writer.endWriteSequence();
    } finally {
      writer.dispose();
    }
    return file.toByteArray();
  }

  /** A JPEG that stands on its side in the file and says so in its EXIF orientation. */
  static byte[] exifRotatedJpeg(BufferedImage picture) throws IOException {
    int width = picture.getWidth();
    int height = picture.getHeight();
    BufferedImage onItsSide = new BufferedImage(height, width, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        onItsSide.setRGB(y, width - 1 - x, picture.getRGB(x, y));
      }
    }
    return withSegment(jpeg(onItsSide), exifOrientation(6)); // turn clockwise to show
  }

  private static byte[] exifOrientation(int orientation) throws IOException {
    ByteArrayOutputStream tiff = new ByteArrayOutputStream();
    DataOutputStream data = new DataOutputStream(tiff);
    data.writeBytes("Exif\0\0MM");
    data.writeShort(42);
    data.writeInt(8); // offset of the only directory
    data.writeShort(1); // entries
    data.writeShort(0x0112); // orientation
    data.writeShort(3); // unsigned short
    data.writeInt(1);
    data.writeShort(orientation);
    data.writeShort(0);
    data.writeInt(0); // no further directory
    ByteArrayOutputStream segment = new ByteArrayOutputStream();
    DataOutputStream header = new DataOutputStream(segment);
    header.writeShort(0xFFE1); // APP1
    header.writeShort(tiff.size() + 2);
    tiff.writeTo(segment);
    return segment.toByteArray();
  }

  /** Four channels as print shops send them: Adobe's marker, and every channel inverted. */
  static byte[] cmykJpeg(BufferedImage picture) throws IOException {
    WritableRaster inverted =
        Raster.createInterleavedRaster(
            DataBuffer.TYPE_BYTE, picture.getWidth(), picture.getHeight(), 4, null);
    int[] pixel = {0, 0, 0, 255}; // 255 - [cyan magenta yellow black]
    for (int y = 0; y < picture.getHeight(); y++) {
      for (int x = 0; x < picture.getWidth(); x++) {
        picture.getRaster().getPixel(x, y, pixel);
        inverted.setPixel(x, y, pixel);
      }
    }
    return withSegment(writeJpeg(new IIOImage(inverted, null, null)), adobeMarker());
  }

  private static byte[] adobeMarker() throws IOException {
    ByteArrayOutputStream segment = new ByteArrayOutputStream();
    DataOutputStream data = new DataOutputStream(segment);
    data.writeShort(0xFFEE); // APP14
    data.writeShort(14);
    data.writeBytes("Adobe");
    data.writeShort(100); // version
    data.writeInt(0); // flags
    data.writeByte(0); // no colour transform: CMYK as it is
    return segment.toByteArray();
  }

  /** Puts a segment behind the start-of-image marker, before every other. */
  private static byte[] withSegment(byte[] jpeg, byte[] segment) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.write(jpeg, 0, 2);
    file.writeBytes(segment);
    file.write(jpeg, 2, jpeg.length - 2);
    return file.toByteArray();
  }

  static byte[] jpeg(BufferedImage picture) throws IOException {
    return writeJpeg(new IIOImage(picture, null, null));
  }

  /** A few bytes of PNG that claim this many pixels. */
  static byte[] pngThatClaims(int width, int height) throws IOException {
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    DataOutputStream data = new DataOutputStream(header);
    data.writeInt(width);
    data.writeInt(height);
    data.write(new byte[] {8, 2, 0, 0, 0}); // 8 bit RGB, not interlaced
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.write(PNG_SIGNATURE);
    writeChunk(file, "IHDR", header.toByteArray());
    writeChunk(file, "IDAT", new byte[] {0x78, (byte) 0x9c, 0x03, 0, 0, 0, 0, 1});
    writeChunk(file, "IEND", new byte[0]);
    return file.toByteArray();
  }

  private static void writeChunk(ByteArrayOutputStream file, String type, byte[] content)
      throws IOException {
    ByteArrayOutputStream checked = new ByteArrayOutputStream();
    new DataOutputStream(checked).writeBytes(type);
    checked.write(content);
    CRC32 crc = new CRC32();
    crc.update(checked.toByteArray());
    DataOutputStream data = new DataOutputStream(file);
    data.writeInt(content.length);
    checked.writeTo(file);
    data.writeInt((int) crc.getValue());
  }

  private static byte[] writeJpeg(IIOImage picture) throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (ImageOutputStream stream = ImageIO.createImageOutputStream(file)) {
      writer.setOutput(stream);
      ImageWriteParam param = writer.getDefaultWriteParam();
      param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      param.setCompressionQuality(0.95f);
      writer.write(null, picture, param);
    } finally {
      writer.dispose();
    }
    return file.toByteArray();
  }

  private static byte[] write(RenderedImage picture, String format) throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    ImageIO.write(picture, format, file);
    return file.toByteArray();
  }
}
