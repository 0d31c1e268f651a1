package io.winnow.runtime.mesh;

import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.concurrent.atomic.AtomicLong;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A certificate authority of a test, and the files that it issues. */
public final class TestAuthority {

  private static final Duration LIFE = Duration.ofDays(1);

  private final AtomicLong serials = new AtomicLong();
  private final X500Principal name;
  private final KeyPair keys = newKeys();
  private final X509Certificate certificate;

  /** An authority with new keys. */
  public TestAuthority(String name) {
    this.name = new X500Principal("CN=" + name);
    Instant now = Instant.now();
    this.certificate = sign(this.name, keys, now.minus(LIFE), now.plus(LIFE), true);
  }

  /** Writes the authority's certificate, and those of others, for who trusts them all. */
  public Path trust(Path folder, TestAuthority... others) throws IOException {
    StringBuilder certificates = new StringBuilder(pem(certificate));
    for (TestAuthority other : others) {
      certificates.append(pem(other.certificate));
    }
    return replace(folder.resolve("trust.pem"), certificates.toString());
  }

  /**
   * Issues a certificate for a day, with these URIs or host names as its names, and writes it and
   * its key in place of those that are there.
   */
  public TlsFiles issue(Path folder, String... identities) throws IOException {
    Instant now = Instant.now();
    return issue(folder, now.minus(LIFE), now.plus(LIFE), identities);
  }

  /** As {@link #issue(Path, String...)}, for a time that is over. */
  public TlsFiles issueExpired(Path folder, String... identities) throws IOException {
    Instant now = Instant.now();
    return issue(folder, now.minus(LIFE), now.minus(Duration.ofMinutes(1)), identities);
  }

  private TlsFiles issue(Path folder, Instant from, Instant to, String... identities)
      throws IOException {
    Files.createDirectories(folder);
    KeyPair own = newKeys();
    X509Certificate issued =
        sign(new X500Principal("CN=service"), own, from, to, false, identities);
    Path key = replace(folder.resolve("key.pem"), pkcs8(own.getPrivate()));
    Path chain = replace(folder.resolve("certificate.pem"), pem(issued));
    return new TlsFiles(chain, key, trust(folder), Duration.ofSeconds(1));
  }

  private X509Certificate sign(
      X500Principal subject,
      KeyPair subjectKeys,
      Instant from,
      Instant to,
      boolean authority,
      String... identities) {
    try {
      JcaX509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              name,
              BigInteger.valueOf(serials.incrementAndGet()),
              Date.from(from),
              Date.from(to),
              subject,
              subjectKeys.getPublic());
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
      if (identities.length > 0) {
        GeneralName[] names =
            Arrays.stream(identities).map(TestAuthority::generalName).toArray(GeneralName[]::new);
        builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
      }
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(
                  new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
    } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static GeneralName generalName(String identity) {
    return new GeneralName(
        identity.contains(":") ? GeneralName.uniformResourceIdentifier : GeneralName.dNSName,
        identity);
  }

  private static KeyPair newKeys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(256);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String pkcs8(PrivateKey key) throws IOException {
    return pem(new JcaPKCS8Generator(key, null).generate());
  }

  private static String pem(Object object) throws IOException {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(object);
    }
    return text.toString();
  }

  /** At once, as a mounted secret changes; whoever reads it sees the old file or the new one. */
  private static Path replace(Path file, String text) throws IOException {
    Path next = Files.writeString(file.resolveSibling(file.getFileName() + ".next"), text);
    return Files.move(
        next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
