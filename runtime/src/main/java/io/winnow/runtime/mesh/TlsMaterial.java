package io.winnow.runtime.mesh;

import io.grpc.util.CertificateUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * What {@link TlsFiles} held at one time.
 *
 * @param chain the service's own certificate, then those that lead to an authority
 * @param key belongs to the first of the chain
 * @param trust authorities
 */
record TlsMaterial(List<X509Certificate> chain, PrivateKey key, List<X509Certificate> trust) {

  private static final byte[] PROBE = "winnow".getBytes(StandardCharsets.US_ASCII);

  /**
   * Reads the files.
   *
   * @throws IllegalArgumentException if one is missing, broken or does not fit the others; the
   *     message names the setting
   */
  static TlsMaterial read(TlsFiles files) {
    List<X509Certificate> chain = certificates("certificate", files.certificate());
    PrivateKey key = key(files.key());
    if (!fits(key, chain.get(0).getPublicKey())) {
      throw new IllegalArgumentException(
          "winnow.mesh.tls.key %s does not belong to the first certificate of winnow.mesh.tls.certificate %s"
              .formatted(files.key(), files.certificate()));
    }
    return new TlsMaterial(chain, key, certificates("trust", files.trust()));
  }

  private static List<X509Certificate> certificates(String setting, Path file) {
    try {
      X509Certificate[] found =
          CertificateUtils.getX509Certificates(new ByteArrayInputStream(bytes(setting, file)));
      if (found.length > 0) {
        return List.of(found);
      }
      throw new IllegalArgumentException(
          "winnow.mesh.tls.%s %s has no PEM certificate".formatted(setting, file));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException(
          "winnow.mesh.tls.%s %s: %s".formatted(setting, file, e.getMessage()), e);
    }
  }

  private static PrivateKey key(Path file) {
    try {
      return CertificateUtils.getPrivateKey(new ByteArrayInputStream(bytes("key", file)));
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      throw new IllegalArgumentException(
          "winnow.mesh.tls.key %s is no PKCS #8 private key in PEM: %s"
              .formatted(file, e.getMessage()),
          e);
    }
  }

  private static byte[] bytes(String setting, Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "winnow.mesh.tls.%s is %s, which cannot be read: %s"
              .formatted(setting, file, e.getMessage()),
          e);
    }
  }

  /** Files that are renewed one after the other do not fit for a moment. */
  private static boolean fits(PrivateKey key, PublicKey certified) {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "EC" -> "SHA256withECDSA";
          case "RSA" -> "SHA256withRSA";
          default -> key.getAlgorithm();
        };
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update(PROBE);
      byte[] signed = signature.sign();
      signature.initVerify(certified);
      signature.update(PROBE);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  X509Certificate[] chainArray() {
    return chain.toArray(X509Certificate[]::new);
  }

  X509Certificate[] trustArray() {
    return trust.toArray(X509Certificate[]::new);
  }
}
