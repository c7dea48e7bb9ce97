package io.gantry.cni.network;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Kubernetes' way of writing amounts: {@code 10M}, {@code 1.5Gi}, {@code 2e6}.
 *
 * @see <a href="https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/">Quantity</a>
 */
final class Quantity {
    private static final Pattern FORM = Pattern.compile(
            "([+-]?(?:\\d{1,20}(?:\\.\\d{0,20})?|\\.\\d{1,20}))([numkMGTPE]|[KMGTPE]i|[eE][+-]?\\d{1,2}|)");
    private static final Map<String, BigDecimal> SUFFIXES = Map.ofEntries(
            Map.entry("", BigDecimal.ONE),
            Map.entry("n", BigDecimal.ONE.scaleByPowerOfTen(-9)),
            Map.entry("u", BigDecimal.ONE.scaleByPowerOfTen(-6)),
            Map.entry("m", BigDecimal.ONE.scaleByPowerOfTen(-3)),
            Map.entry("k", BigDecimal.ONE.scaleByPowerOfTen(3)),
            Map.entry("M", BigDecimal.ONE.scaleByPowerOfTen(6)),
            Map.entry("G", BigDecimal.ONE.scaleByPowerOfTen(9)),
            Map.entry("T", BigDecimal.ONE.scaleByPowerOfTen(12)),
            Map.entry("P", BigDecimal.ONE.scaleByPowerOfTen(15)),
            Map.entry("E", BigDecimal.ONE.scaleByPowerOfTen(18)),
            Map.entry("Ki", binary(10)),
            Map.entry("Mi", binary(20)),
            Map.entry("Gi", binary(30)),
            Map.entry("Ti", binary(40)),
            Map.entry("Pi", binary(50)),
            Map.entry("Ei", binary(60)));

    private Quantity() {}

    /**
     * The amount, rounded up to a whole number.
     *
     * @throws NumberFormatException when {@code text} is not a quantity
     */
    static BigInteger parse(String text) {
        Matcher form = FORM.matcher(text.strip());
        if (!form.matches()) {
            throw new NumberFormatException("not a quantity");
        }
        BigDecimal number = new BigDecimal(form.group(1));
        String suffix = form.group(2);
        BigDecimal factor = SUFFIXES.get(suffix);
        BigDecimal amount = factor == null
                ? number.scaleByPowerOfTen(Integer.parseInt(suffix.substring(1)))
                : number.multiply(factor);
        return amount.setScale(0, RoundingMode.CEILING).toBigIntegerExact();
    }

    private static BigDecimal binary(int power) {
        return new BigDecimal(BigInteger.ONE.shiftLeft(power));
    }
}
